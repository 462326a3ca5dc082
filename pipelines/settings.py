"""The only reader of environment variables and the only place that knows paths.

Every path under the home folder and every switch of the environment is named here. What is policy (periods, thresholds,
purposes) does not belong here: it stands in `data_contracts/`.
"""

from __future__ import annotations

import os
import resource
import stat
from dataclasses import dataclass
from pathlib import Path

PACKAGE_ROOT = Path(__file__).resolve().parent
PROJECT_ROOT = PACKAGE_ROOT.parent
CONTRACTS_DIR = PROJECT_ROOT / "data_contracts"
DBT_PROJECT_DIR = PROJECT_ROOT / "dbt_project"
WORKSPACE_FILE = PROJECT_ROOT / "workspace.yaml"

HOME_VARIABLE = "CROSSLIFE_HOME"
POLICY_VARIABLE = "CROSSLIFE_POLICY"
AS_OF_VARIABLE = "CROSSLIFE_AS_OF"
MASTER_KEY_VARIABLE = "CROSSLIFE_MASTER_KEY"
NEXT_MASTER_KEY_VARIABLE = "CROSSLIFE_MASTER_KEY_NEXT"
KEY_FILE_VARIABLE = "CROSSLIFE_KEY_FILE"
BACKUPS_VARIABLE = "CROSSLIFE_BACKUPS"
BACKUP_KEYS_VARIABLE = "CROSSLIFE_BACKUP_KEYS"
MEMORY_VARIABLE = "CROSSLIFE_MEMORY"

DATABASE_URL = "database_url"
WEBHOOK_URL, SMTP_URL = "webhook_url", "smtp_url"
ANCHOR_URL, OPENLINEAGE_URL = "anchor_url", "openlineage_url"
META_TOKEN = "meta_access_token"  # noqa: S105 - the name under which it is kept
SECRETS = ("midtrans_server_key", DATABASE_URL, WEBHOOK_URL, SMTP_URL, ANCHOR_URL, OPENLINEAGE_URL, META_TOKEN)
"""What other parties share with the operator, each under the name by which it is set."""

# Set before any of these libraries is imported: nothing here may need or use the network at run time.
_SILENCE = {
    "DO_NOT_TRACK": "1",
    "DAGSTER_DISABLE_TELEMETRY": "1",
    "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    "DBT_VERSION_CHECK": "false",
    "GX_ANALYTICS_ENABLED": "false",
}


_PRIVATE = 0o700
_RESTORING = ".restoring"
_OTHERS = 0o007


class ForeignHome(RuntimeError):
    """The home belongs to another user, and is open to everybody or lacks a folder that we may not make."""


@dataclass(frozen=True)
class Home:
    """The folder under which everything that runs lives; one directory per zone.

    Zones are separate directories so that each can have an operating-system group and mode of its own.
    """

    root: Path

    @property
    def landing(self) -> Path:
        """Raw files as they arrive: `landing/<source>/<anything>.<ext>`."""
        return self.root / "landing"

    @property
    def quarantine(self) -> Path:
        """Rows that could not be accepted, encrypted under day keys."""
        return self.root / "quarantine"

    @property
    def vault(self) -> Path:
        """The only place of direct identifiers."""
        return self.root / "vault"

    @property
    def lake(self) -> Path:
        """Pseudonymous Parquet, one file a day and dataset."""
        return self.root / "lake"

    @property
    def warehouse(self) -> Path:
        """What dbt derives from the lake: `warehouse.duckdb` and `facts/`."""
        return self.root / "warehouse"

    @property
    def release(self) -> Path:
        """What analysts get: assessed cells only."""
        return self.root / "release"

    @property
    def evidence(self) -> Path:
        """What compliance gets: manifests, reports, data docs."""
        return self.root / "evidence"

    @property
    def data_docs(self) -> Path:
        """Pages of what was expected of each dataset, and whether it was met."""
        return self.evidence / "data_docs"

    @property
    def lineage_events(self) -> Path:
        """OpenLineage events: one file of lines a run."""
        return self.evidence / "openlineage"

    @property
    def seals(self) -> Path:
        """What was published of rows whose source has fallen."""
        return self.evidence / "seals"

    @property
    def dagster(self) -> Path:
        """Dagster's own storage, and dbt's target and logs."""
        return self.root / "dagster"

    @property
    def manifest_file(self) -> Path:
        """SQLite: files seen, batches, balances, days that await their models."""
        return self.lake / "manifest.sqlite"

    @property
    def extracts_file(self) -> Path:
        """SQLite: how far each table of the platform's database was read."""
        return self.lake / "extracts.sqlite"

    @property
    def warehouse_file(self) -> Path:
        """The encrypted DuckDB file that dbt builds."""
        return self.warehouse / "warehouse.duckdb"

    @property
    def facts(self) -> Path:
        """Event-level facts: derived Parquet partitions beside the warehouse file."""
        return self.warehouse / "facts"

    @property
    def release_file(self) -> Path:
        """The release as one DuckDB file."""
        return self.release / "analytics.duckdb"

    @property
    def keyring_file(self) -> Path:
        """Wrapped keys; outside every zone."""
        return self.root / "keyring.json"

    @property
    def lock_file(self) -> Path:
        """Held by the one process that writes."""
        return self.root / ".writer.lock"

    def zones(self) -> tuple[Path, ...]:
        """Every zone directory."""
        return (
            self.landing,
            self.quarantine,
            self.vault,
            self.lake,
            self.warehouse,
            self.release,
            self.evidence,
            self.dagster,
        )

    def prepare(self) -> Home:
        """Create root and zones (mode 0700) where they are missing, and return self.

        From those that are there already, every right of others is taken; rights of a group are the operator's. Raises
        ForeignHome.
        """
        # A folder that is named by mistake (`/tmp`) is not ours to close; what is made in it is.
        is_ours = not self.root.exists() or self.keyring_file.exists() or self.landing.exists()
        for folder in (self.root, *self.zones()):
            try:
                folder.mkdir(mode=_PRIVATE, parents=True, exist_ok=True)
                if is_ours or folder != self.root:
                    _close_to_others(folder)
            except PermissionError:
                message = (
                    f"{folder} cannot be made or closed to others (it must not be open to every user of this machine): "
                    f"run as the owner of {self.root}, or let the owner run `chmod o-rwx {folder}`"
                )
                raise ForeignHome(message) from None
        return self


def _close_to_others(folder: Path) -> None:
    mode = stat.S_IMODE(folder.stat().st_mode)
    if mode & _OTHERS:
        folder.chmod(mode & ~_OTHERS)


def home(path: Path | str | None = None) -> Home:
    """Return the home: the argument, else `CROSSLIFE_HOME`, else `./home`."""
    return Home(Path(path or os.environ.get(HOME_VARIABLE) or "home").resolve())


def policy_file(path: Path | str | None = None) -> Path:
    """Return the policy file in force: the argument, else `CROSSLIFE_POLICY`, else the one of the contracts."""
    return Path(path or os.environ.get(POLICY_VARIABLE) or CONTRACTS_DIR / "policy.yaml").resolve()


def as_of_text() -> str | None:
    """Return `CROSSLIFE_AS_OF` as given, or None."""
    return os.environ.get(AS_OF_VARIABLE) or None


def master_key_text() -> str | None:
    """Return the base64 master key of the environment, or None."""
    return os.environ.get(MASTER_KEY_VARIABLE) or None


def next_master_key_text() -> str | None:
    """Return the base64 master key that `keys rotate master` shall put in the place of the environment's, or None."""
    return os.environ.get(NEXT_MASTER_KEY_VARIABLE) or None


def secret_variable(name: str) -> str:
    """Return the variable that may hold a secret of another party: `CROSSLIFE_MIDTRANS_SERVER_KEY`."""
    return f"CROSSLIFE_{name.upper()}"


def secret_text(name: str) -> str | None:
    """Return a secret of another party from the environment, or None."""
    return os.environ.get(secret_variable(name)) or None


def key_file(where: Home) -> Path:
    """Return the master key file: `CROSSLIFE_KEY_FILE`, else `<home>/master.key`."""
    return Path(os.environ.get(KEY_FILE_VARIABLE) or where.root / "master.key")


def backups_folder(path: Path | str | None = None) -> Path | None:
    """Return where backups lie: the argument, else `CROSSLIFE_BACKUPS`, else None."""
    named = path or os.environ.get(BACKUPS_VARIABLE)
    return Path(named).resolve() if named else None


def backup_keys_file(where: Home) -> Path:
    """Return the file of backup keys: `CROSSLIFE_BACKUP_KEYS`, else beside a master key file outside the home, else the home.

    A home that is being restored has the file of the home that it becomes.
    """
    root = where.root.with_name(where.root.name.removesuffix(_RESTORING))
    if named := os.environ.get(BACKUP_KEYS_VARIABLE):
        return Path(named).resolve()
    beside = key_file(where).resolve()
    if os.environ.get(KEY_FILE_VARIABLE) and not beside.is_relative_to(root):
        return beside.with_name(f"{beside.name}.backup-keys")
    return root.with_name(f"{root.name}.backup-keys")


def restoring(where: Home) -> Home:
    """Return the folder beside a home in which a restore makes it ready."""
    return Home(where.root.with_name(f"{where.root.name}{_RESTORING}"))


def memory_limit() -> str:
    """Return DuckDB's memory limit (`CROSSLIFE_MEMORY`), 2 GB unless told."""
    return os.environ.get(MEMORY_VARIABLE) or "2GB"


def meta_text(name: str) -> str | None:
    """Return `CROSSLIFE_META_ACCOUNT` (the ad account), `_ENDPOINT` or `_API_VERSION` (instead of its client's), or None."""
    return os.environ.get(f"CROSSLIFE_META_{name.upper()}") or None


def publish(where: Home, *, policy: Path, as_of: str) -> None:
    """Put the settings of this run into the environment, for Dagster's and dbt's processes."""
    os.environ[HOME_VARIABLE] = str(where.root)
    os.environ[POLICY_VARIABLE] = str(policy)
    os.environ[AS_OF_VARIABLE] = as_of
    os.environ["DAGSTER_HOME"] = str(where.dagster)


def forbid_core_dumps() -> None:
    """See to it that this process, and what it starts, leaves no memory image: it would hold keys."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def silence() -> None:
    """Switch off telemetry and version checks of every library we use; call before importing them."""
    for name, value in _SILENCE.items():
        os.environ.setdefault(name, value)
