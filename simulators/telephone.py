"""The telephone at the bench: the laboratory rings wards and providers, wards ring the laboratory.

    phone {ward}            who answers, or nobody; `ward` may be a provider's id
    say {call, text}        what somebody tells them; they repeat it, rightly or not
    reply {call, choice}    one of the things that can be picked
    answer {call}, hang_up {call}
    take_calls {on}         calls for the laboratory ring here from now on; before that somebody else takes them
    call {ward, text}       let a ward ring now with these words

Who said what is known to the ledger alone; what the laboratory writes down of a call it writes in its own software.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Literal

from simulators.bench import BenchRefusal
from simulators.dice import Dice
from simulators.hospital_plan import HospitalPlan, Provider, Ward
from simulators.mishearing import misheard
from simulators.stage import Stage
from simulators.telephone_plan import CLERK, NURSE, PROVIDER, Choice, Staff

State = Literal["ringing", "open", "unanswered", "missed", "ended"]
SHOWN_BACK = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Said:
    """One thing that was said, by us or by them."""

    by_us: bool
    at: datetime
    text: str


@dataclass
class Call:
    """One call. `who` is empty when nobody took it; `choices` are what can be picked to say."""

    id: str
    is_incoming: bool
    ward: Ward
    state: State
    since: datetime
    who: str = ""
    number: str = ""
    role: str = ""
    about: str = ""
    subject: str = ""
    says: str = ""
    added: str = ""
    attempt: int = 1
    choices: tuple[Choice, ...] = ()
    said: list[Said] = field(default_factory=list)
    turns: int = 0


@dataclass(frozen=True, slots=True)
class Listed:
    """An entry of the directory."""

    code: str
    name: str
    number: str


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a ward rings: what it is about, the words with {name} and {ward} open, and what may be answered.

    `is_settled` tells whether there is no need to ring again.
    """

    about: str
    subject: str
    ward: Ward
    says: str
    choices: tuple[Choice, ...]
    is_settled: Callable[[], bool]
    added: str = ""


Names = Callable[[str], Sequence[str]]
"""Family names of the patients on a ward."""
Effect = Callable[[str, Call], None]
"""What a ward does because of what it was told."""


class Telephone:
    """Every call there was, and the verbs of whoever sits at the bench."""

    VERBS = frozenset({"phone", "say", "reply", "answer", "hang_up", "take_calls", "call"})

    def __init__(self, plan: HospitalPlan, stage: Stage, names: Names, effect: Effect) -> None:
        self._hospital = plan
        self._plan = plan.telephone
        self._stage = stage
        self._names = names
        self._effect = effect
        self._dice = stage.dice.fork("telephone")
        self._calls: dict[str, Call] = {}
        self.is_attended = False

    # what is seen

    def directory(self) -> list[Listed]:
        """Wards, then providers, with their numbers."""
        wards = [Listed(ward.code, ward.name, ward.phone) for ward in self._hospital.wards]
        return wards + [Listed(one.id, _title(one), one.phone) for one in self._hospital.providers]

    def calls(self) -> list[Call]:
        """The calls that ring or are open, and those of the last minutes."""
        latest = self._stage.now - SHOWN_BACK
        return [
            replace(call, said=list(call.said))
            for call in self._calls.values()
            if call.state in ("ringing", "open") or call.since >= latest
        ]

    def do(self, verb: str, args: Mapping[str, Any], by: str) -> Any:
        """One of the verbs; BenchRefusal when it cannot be."""
        if verb == "phone":
            return self._phone(args["ward"], args.get("what", ""), by)
        if verb == "take_calls":
            self.is_attended = bool(args["on"])
            return self._stage.tell("telephone.attended", "bench", {"by": by, "on": self.is_attended})
        if verb == "call":
            return self.ring(self._reason(args))
        call = self._calls.get(args["call"])
        if call is None:
            raise BenchRefusal("call.unknown", "There is no such call.")
        if verb == "answer":
            return self._answer(call, by)
        if call.state != "open":
            raise BenchRefusal("call.over", "Nobody is on the line.")
        if verb == "say":
            return self._say(call, args["text"], by)
        return self._reply(call, args["choice"], by) if verb == "reply" else self._hang_up(call, by)

    # the laboratory rings

    def _phone(self, code: str, what: str, by: str) -> Call:
        provider = next((one for one in self._hospital.providers if one.id == code), None)
        ward = self._hospital.ward(code) or (self._hospital.wards[0] if provider else None)
        if ward is None:
            raise BenchRefusal("ward.unknown", f"There is no ward {code}.")
        call = self._new(ward, is_incoming=False, state="unanswered")
        dice = self._dice.fork(call.id)
        if dice.chance(self._plan.answered):
            role = PROVIDER if provider else dice.weighted(self._plan.answers)
            self._on_the_line(call, role, dice, provider)
            call.state = "open"
            call.choices = self._chosen(self._plan.outgoing)
            self._they(call, dice.choice(self._plan.greetings[role]))
        else:
            self._they(call, self._plan.nobody)
        data = {"call": call.id, "what": what, "by": by, "who": call.who, "role": call.role}
        self._stage.tell("ward.phoned", code, data)
        return call

    def _on_the_line(self, call: Call, role: str, dice: Dice, provider: Provider | None = None) -> None:
        """Who is at the other end from now on."""
        call.role = role
        if role == PROVIDER:
            found = provider or dice.choice(self._hospital.providers)
            call.who, call.number = f"{found.given} {found.family}", found.id
        else:
            one: Staff = dice.choice([one for one in self._plan.staff if one.role == role])
            call.who, call.number = one.name, one.id

    # a ward rings

    def ring(self, reason: Reason, attempt: int = 1) -> None:
        """A call for the laboratory; where nobody attends to the telephone of the bench, somebody else takes it."""
        data = {"about": reason.about, "subject": reason.subject, "attempt": attempt}
        if not self.is_attended:
            self._stage.tell("call.taken_elsewhere", reason.ward.code, data)
            return
        call = self._new(reason.ward, is_incoming=True, state="ringing")
        is_last = attempt > self._plan.again_times
        dice = self._dice.fork(call.id)
        self._on_the_line(call, PROVIDER if is_last else NURSE, dice)
        call.about, call.subject, call.added = reason.about, reason.subject, reason.added
        call.says = (self._plan.last_time if is_last and attempt > 1 else "") + reason.says
        call.attempt, call.choices = attempt, reason.choices
        self._stage.tell("call.ringing", call.id, data | {"ward": reason.ward.code, "who": call.who})
        ends = self._stage.now + timedelta(minutes=self._plan.rings_minutes)
        self._stage.plan(ends, partial(self._ring_off, call, reason, dice))

    def _ring_off(self, call: Call, reason: Reason, dice: Dice) -> None:
        if call.state != "ringing":
            return
        self._turn(call, "missed")
        self._stage.tell("call.missed", call.id, {"attempt": call.attempt})
        if call.attempt <= self._plan.again_times:
            wait = timedelta(minutes=dice.fork("again").uniform(*self._plan.again_minutes))
            self._stage.plan(self._stage.now + wait, partial(self._ring_again, reason, call.attempt + 1))

    def _ring_again(self, reason: Reason, attempt: int) -> None:
        if not reason.is_settled():
            self.ring(reason, attempt)

    def _reason(self, args: Mapping[str, Any]) -> Reason:
        """A call that was asked for from outside."""
        ward = self._hospital.ward(args["ward"])
        if ward is None:
            raise BenchRefusal("ward.unknown", f"There is no ward {args['ward']}.")
        choices = self._chosen(args.get("choices", self._plan.outgoing[:1]))
        return Reason("asked", args.get("subject", ""), ward, args["text"], choices, lambda: False)

    # on the line

    def _answer(self, call: Call, by: str) -> Call:
        if call.state != "ringing":
            raise BenchRefusal("call.over", "It has rung off.")
        self._turn(call, "open")
        self._stage.tell("call.answered", call.id, {"by": by})
        self._they(call, call.says)
        return call

    def _say(self, call: Call, text: str, by: str) -> Call:
        """They repeat what they are told, now and then not what was said; a clerk takes no results."""
        text = " ".join(text.split())
        if not text:
            raise BenchRefusal("call.silence", "Say something first.")
        self._we(call, text)
        if call.role == CLERK:
            repeated, answer = "", self._plan.takes_no_results
        else:
            dice = self._dice.fork(f"{call.id}/{call.turns}")
            is_wrong = dice.chance(self._plan.read_back_wrong.get(call.role, 0.0))
            repeated = misheard(text, self._names(call.ward.code), dice) if is_wrong else text
            answer = dice.choice(self._plan.read_back).replace("{text}", repeated)
        data = {"by": by, "text": text, "repeated": repeated, "is_right": repeated == text, "role": call.role}
        self._stage.tell("call.said", call.id, data | {"who": call.who})
        self._they(call, answer)
        return call

    def _reply(self, call: Call, choice_id: str, by: str) -> Call:
        choice = next((one for one in call.choices if one.id == choice_id), None)
        if choice is None:
            raise BenchRefusal("call.choice", "That cannot be said here.")
        self._we(call, choice.text)
        self._stage.tell("call.replied", call.id, {"by": by, "choice": choice.id, "about": call.about})
        if choice.effect in (NURSE, PROVIDER):
            self._on_the_line(call, choice.effect, self._dice.fork(f"{call.id}/{call.turns}"))
        elif choice.effect:
            self._effect(choice.effect, call)
        self._they(call, choice.answer)
        return call

    def _hang_up(self, call: Call, by: str) -> Call:
        self._turn(call, "ended")
        self._stage.tell("call.ended", call.id, {"by": by})
        return call

    def _chosen(self, names: Sequence[str]) -> tuple[Choice, ...]:
        return tuple(self._plan.choices[name] for name in names)

    def _new(self, ward: Ward, *, is_incoming: bool, state: State) -> Call:
        call = Call(f"T{len(self._calls) + 1:05d}", is_incoming, ward, state, self._stage.now)
        self._calls[call.id] = call
        return call

    def _turn(self, call: Call, state: State) -> None:
        call.state, call.since = state, self._stage.now

    def _we(self, call: Call, text: str) -> None:
        call.turns += 1
        call.said.append(Said(True, self._stage.now, text))

    def _they(self, call: Call, text: str) -> None:
        known = {"ward": call.ward.name, "name": call.who, "role": call.role, "number": call.ward.phone}
        for key, value in known.items():
            text = text.replace(f"{{{key}}}", value)
        call.said.append(Said(False, self._stage.now, text))


def _title(provider: Provider) -> str:
    return f"Dr. {provider.family}, {provider.given}"
