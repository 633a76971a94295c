"""The content pack becomes the catalogue in force; rows change by a new version with a reason."""

from __future__ import annotations

from collections.abc import Mapping

from lis.domain.catalog import Analyzer, Catalog, Peer
from lis.domain.events import Verb
from lis.domain.people import Act
from lis.kernel.errors import Conflict, Invalid
from lis.storage import catalogs
from lis.storage.packs_check import check_files
from lis.storage.work import Work


def load_pack(
    work: Work, files: Mapping[str, str], *, reason: str = "first load", is_guessed: bool = False
) -> Catalog:
    """Put a pack in force; broken content is refused whole. Interfaces that are new are opened as it says; those of
    before take its profiles.

    `is_guessed`: rows were made up for codes that came, for a laboratory that nobody works in; they say too little.
    """
    if not is_guessed:
        _refuse_broken(files)
    version_id, catalog = catalogs.store(work.connection, files, at=work.now, reason=reason)
    _take_profiles(work, catalog)
    work.put_in_force(version_id, catalog)
    peers: list[Peer | Analyzer] = [*catalog.peers.values(), *catalog.analyzers.values()]
    for peer in peers:
        if work.interfaces.find(peer.code) is None:
            _open_interface(work, peer)
    work.journal.append(
        Verb.CATALOG_LOADED,
        f"catalog:{version_id}",
        reason=reason,
        pack=catalog.pack,
        version=catalog.version,
        digest=catalog.digest,
    )
    return catalog


def change_file(work: Work, name: str, content: str, *, reason: str) -> Catalog:
    """Put a changed pack file in force as a new version of the catalogue. Broken content is refused whole."""
    work.require(Act.CONTENT_EDIT)
    if not reason.strip():
        raise Invalid("reason.missing", "A change of content needs a reason.", "Say why in a few words.")
    current = work.catalog_version_id
    files = catalogs.files_of(work.connection, current) if current else {}
    if name not in files:
        raise Invalid(
            "catalog.no_file", f"The catalogue has no file {name}.", f"Its files: {', '.join(files)}."
        )
    changed = files | {name: content}
    _refuse_broken(changed)
    version_id, catalog = catalogs.store(work.connection, changed, at=work.now, reason=reason)
    _take_profiles(work, catalog)
    work.put_in_force(version_id, catalog)
    work.journal.append(
        Verb.CATALOG_CHANGED, f"catalog:{version_id}", reason=reason, file=name, digest=catalog.digest
    )
    return catalog


def refuse_stale(work: Work, version_id: int) -> None:
    """Refuse a change that was made looking at another version than the one in force."""
    if version_id != work.catalog_version_id:
        raise Conflict(
            "catalog.stale",
            "The catalogue has changed since this page was shown. Nothing was saved.",
            "Open the file again and make the change in what is in force now.",
        )


def _refuse_broken(files: Mapping[str, str]) -> None:
    """Refuse content that contradicts itself, with every place: a limit in a wrong unit is no better than none."""
    problems = [str(problem) for problem in check_files(files) if not problem.note]
    if problems:
        raise Invalid(
            "pack.broken",
            "The content was not taken; the catalogue in force stays as it is.",
            f"Put right: {'; '.join(problems[:5])}",
            problems=problems,
        )


def _take_profiles(work: Work, new: Catalog) -> None:
    """How an analyzer speaks is the catalogue's word, where the laboratory has not set it otherwise."""
    former = work.catalog.analyzers if work.catalog_version_id else {}
    for code, device in new.analyzers.items():
        row = work.interfaces.find(code)
        if row is not None and code in former and row.profile == former[code].profile != device.profile:
            work.interfaces.change(code, profile=device.profile)


def _open_interface(work: Work, peer: Peer | Analyzer) -> None:
    work.interfaces.add(
        code=peer.code,
        kind=peer.kind if isinstance(peer, Peer) else "analyzer",
        profile=peer.profile if isinstance(peer, Analyzer) else "",
        host=peer.host,
        port=peer.port,
        enabled=True,
        settings={},
        stopped_reason="",
        held_tests={},
    )
