"""docker-compose.yml as a file: its parts, what they wait for, what is pinned, published and kept out of it."""

from __future__ import annotations

import re
import shutil
import subprocess
from typing import Any

import pytest
import yaml

from lis.training import main as product
from tests.harness import ROOT

COMPOSE = ROOT / "docker-compose.yml"
TEXT = COMPOSE.read_text("utf-8")
SERVICES: dict[str, dict[str, Any]] = yaml.safe_load(TEXT)["services"]
EXAMPLE = (ROOT / "docker" / "env.example").read_text("utf-8")
DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8")
PINNED = re.compile(r"[\w./-]+:\d+\.\d+(\.\d+)?(-[\w.]+)*$")
VARIABLE = re.compile(r"\$\{(\w+)")


def test_the_parts_are_database_world_pages_and_door() -> None:
    assert set(SERVICES) == {"postgres", "world", "app", "proxy"}


def test_every_part_has_a_health_check_and_comes_back() -> None:
    assert {name for name, part in SERVICES.items() if not part["healthcheck"]["test"]} == set()
    assert {part["restart"] for part in SERVICES.values()} == {"unless-stopped"}


def test_a_part_starts_when_what_it_needs_is_healthy() -> None:
    waits = {
        name: {needed: how["condition"] for needed, how in part.get("depends_on", {}).items()}
        for name, part in SERVICES.items()
    }
    healthy = "service_healthy"
    assert waits == {
        "postgres": {},
        "world": {"postgres": healthy},
        "app": {"postgres": healthy, "world": healthy},
        "proxy": {"app": healthy},
    }


def test_images_are_pinned_to_a_version() -> None:
    bases = re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)
    images = [part["image"] for part in SERVICES.values()] + bases
    assert [image for image in images if not PINNED.match(image)] == []


def test_only_the_door_and_the_listener_are_published_the_listener_to_this_computer() -> None:
    published = {name: part["ports"] for name, part in SERVICES.items() if "ports" in part}
    assert set(published) == {"world", "proxy"}
    assert [str(port).rpartition(":")[2] for port in published["proxy"]] == ["80", "443"]
    assert published["world"] == ["${LIS_HL7_ADDRESS:-127.0.0.1}:${LIS_HL7_PORT:-2575}:2575"]


def test_no_secret_stands_in_the_file() -> None:
    passwords = re.findall(r"(?:PASSWORD: |//lis:)(\$\{POSTGRES_PASSWORD:\?[^}]*\}|[^\s@]+)", TEXT)
    assert len(passwords) == 2
    assert [word for word in passwords if not word.startswith("${POSTGRES_PASSWORD:?")] == []
    assert re.search(r"^POSTGRES_PASSWORD=$", EXAMPLE, re.MULTILINE)


def test_every_variable_stands_in_the_example() -> None:
    explained = set(re.findall(r"^(\w+)=", EXAMPLE, re.MULTILINE))
    assert set(VARIABLE.findall(TEXT)) == explained


def test_volumes_and_networks_are_declared_and_mounted_files_exist() -> None:
    whole = yaml.safe_load(TEXT)
    mounts = [mount.split(":")[0] for part in SERVICES.values() for mount in part.get("volumes", ())]
    named = {mount for mount in mounts if not mount.startswith(".")}
    assert named == set(whole["volumes"])
    assert {net for part in SERVICES.values() for net in part["networks"]} == set(whole["networks"])
    assert [mount for mount in mounts if mount.startswith(".") and not (ROOT / mount).is_file()] == []


def test_the_commands_are_ones_the_product_knows() -> None:
    commands = {name: SERVICES[name]["command"] for name in ("world", "app")}
    assert {tuple(command[:3]) for command in commands.values()} == {("python", "-m", "lis.training.main")}
    read = {name: product._options(command[3:]) for name, command in commands.items()}
    assert {name: options.pages_only for name, options in read.items()} == {"world": False, "app": True}


def test_the_image_installs_from_the_hashed_lock_and_copies_what_is_there() -> None:
    assert "--require-hashes --only-binary :all: -r /tmp/run.txt" in DOCKERFILE
    sources = [
        source
        for line in re.findall(r"^COPY (?!--from)(.+)$", DOCKERFILE, re.MULTILINE)
        for source in line.split()[:-1]
    ]
    let_in = re.findall(r"^!(\S+)$", (ROOT / ".dockerignore").read_text("utf-8"), re.MULTILINE)
    assert [source for source in sources if not (ROOT / source).exists()] == []
    assert sorted(sources) == sorted(let_in)


def test_the_door_leads_to_the_bench_and_to_the_pages() -> None:
    text = (ROOT / "docker" / "Caddyfile").read_text("utf-8")
    assert re.findall(r"handle(?: (\S+))? \{\s+reverse_proxy (\S+)", text) == [
        ("/bench/*", "world:8000"),
        ("", "app:8000"),
    ]


def test_docker_reads_the_file_where_there_is_docker() -> None:
    docker = shutil.which("docker")
    asked = [docker or "docker", "compose", "-f", str(COMPOSE)]
    if docker is None or subprocess.run([*asked, "version"], capture_output=True, check=False).returncode:
        pytest.skip("docker: no docker compose here")
    found = subprocess.run(
        [*asked, "config", "--quiet"], capture_output=True, env={"POSTGRES_PASSWORD": "x"}, check=False
    )
    assert (found.returncode, found.stderr) == (0, b"")
