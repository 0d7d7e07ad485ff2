"""What analysts do with pastes: look at a plan, start, choose, ask again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from uuid import uuid4

from app.enrichment.analysis.live_analysis import JobChanges
from app.enrichment.models import TLP, Analysis, Lookup, LookupState, Mode, utcnow
from app.enrichment.orchestrator import EnrichmentOrchestrator
from app.errors import JobActionError, JobNotFoundError, StaysHereError
from app.jobs.models import PLANNED
from app.pipeline import extract_iocs
from app.pipeline.defang import defang
from app.pipeline.models import IOC, Evidence
from app.storage.preferences import PreferenceStore
from app.triage.models import Hold
from app.triage.plan import Forecast, Plan, Planner, beyond_today
from app.triage.policy import Policy, holds
from app.triage.proposal import LEFT_OUT, NOT_TODAY, Choice, Proposal, left_out

UNKNOWN_JOB = "This job is not known here: it was deleted, or made by another Telltale."
STAYS_HERE = (
    "This analysis is TLP:{tlp}: no provider is asked about it. Paste the text again with another "
    "choice if it may leave after all."
)


class Analyses:
    """Every method raises StorageError; those that take a job's id also JobNotFoundError."""

    def __init__(
        self, orchestrator: EnrichmentOrchestrator, planner: Planner, preferences: PreferenceStore
    ) -> None:
        self._orchestrator = orchestrator
        self._planner = planner
        self._preferences = preferences

    def propose(self, found: Sequence[Evidence], mode: Mode, tlp: TLP | None = None) -> Proposal:
        """What would be asked; nothing is, and nothing is kept. Raises ConfigStoreError."""
        evidence = {item.ioc: item for item in found}
        return self._propose(
            Analysis(uuid4().hex, tuple(evidence), mode, evidence=evidence, tlp=tlp)
        )

    def start(self, proposal: Proposal) -> Analysis:
        """An online analysis goes on by itself."""
        if proposal.analysis.mode is Mode.ONLINE:
            self._orchestrator.start(proposal.analysis, lookups=proposal.plan.lookups)
        else:
            self._orchestrator.create(proposal.analysis)
        return proposal.analysis

    def save_plan(self, proposal: Proposal) -> Analysis:
        """Nothing is asked until the analyst has chosen; see `begin`."""
        self._orchestrator.plan(proposal.analysis, proposal.plan.lookups)
        return proposal.analysis

    def plan_read(self, analysis: Analysis) -> tuple[Sequence[Lookup], bool]:
        """What is to be asked about what was read, and whether the analyst decides before.

        Raises ConfigStoreError.
        """
        if analysis.mode is Mode.OFFLINE:
            return (), False
        held = self.holds(analysis.iocs)
        proposal = Proposal(analysis, held, self._planner.plan(analysis, held))
        shows_plan = analysis.shows_plan and not self._preferences.get().start_at_once
        return proposal.plan.lookups, shows_plan and proposal.needs_decision()

    def outlooks(self, job: JobChanges) -> tuple[Forecast, ...]:
        """What asking all that waits will take, from now on. Raises ConfigStoreError."""
        return self._planner.outlooks(job.rows, job.analysis.hashes)

    def holds(self, iocs: Sequence[IOC]) -> Mapping[IOC, Hold]:
        return holds(iocs, self._preferences.get())

    def begin(self, job_id: str, choice: Choice) -> None:
        """Ask what was chosen of a plan. Raises JobActionError where none is waiting."""
        job = self._find(job_id)
        if job.job.phase != PLANNED:  # nothing of it leaves because of an old page
            raise JobActionError("begin", job.state, job.allowed)
        positions = {ioc: n for n, ioc in enumerate(job.analysis.iocs)}
        skipped = left_out(job.rows, positions, choice)
        for row in job.rows:
            is_held = row.state is LookupState.NOT_ASKED and row.provider is not None
            if is_held and positions[row.ioc] in choice.all_the_same:
                self._orchestrator.ask(job_id, row.ioc, row.provider or "")
        found = self.holds(
            [job.analysis.iocs[n] for n in choice.host_alone if n < len(job.analysis.iocs)]
        )
        for host in dict.fromkeys(hold.instead for hold in found.values()):
            if host is not None:
                self._add(job_id, host)
        rows = [row for row in self._find(job_id).rows if (row.ioc, row.provider) not in skipped]
        known = self._planner.answered_since(rows)
        if choice.only_today:
            answered = {(result.ioc, result.provider) for result in known}
            rest = [row for row in rows if (row.ioc, row.provider) not in answered]
            hashes = job.analysis.hashes
            late = beyond_today(rest, self._planner.outlooks(rest, hashes), hashes)
            skipped |= {(row.ioc, row.provider or ""): NOT_TODAY for row in late}
        self._orchestrator.begin(job_id, skipped, known)

    def propose_again(self, job_id: str) -> Proposal:
        """The same IOCs, which stay here where the old ones did. Raises ConfigStoreError."""
        job = self._find(job_id)
        old = job.analysis
        unticked = [row.ioc for row in job.rows if row.reason == LEFT_OUT]
        left = dict.fromkeys(unticked, Hold(LEFT_OUT))
        return self._propose(replace(old, job_id=uuid4().hex, created_at=utcnow()), left)

    def add_ioc(self, job_id: str, ioc: IOC) -> bool:
        """Add what the extractor refused; False for what is no IOC at all, or is there already."""
        # Defanged, a name is one whatever it is called: only what has no valid form is refused.
        if ioc not in extract_iocs(defang(ioc)):
            return False
        hold = Policy(self._preferences.get()).hold(ioc)
        return self._add(job_id, ioc, hold)

    def ask(self, job_id: str, ioc: IOC, provider: str) -> bool:
        """Whatever was held back, failed or was answered; False where there is nothing to ask.

        This, `ask_host`, `prioritise` and `ask_again` raise StaysHereError.
        """
        self._check(job_id)
        return self._orchestrator.ask(job_id, ioc, provider)

    def ask_host(self, job_id: str, ioc: IOC) -> bool:
        """Of a URL that gives something away; False for any other IOC."""
        self._check(job_id)
        instead = hold.instead if (hold := self.holds([ioc]).get(ioc)) else None
        return instead is not None and self._add(job_id, instead)

    def prioritise(self, job_id: str, ioc: IOC, provider: str) -> bool:
        """False for what does not wait."""
        self._check(job_id)
        return self._orchestrator.prioritise(job_id, ioc, provider)

    def ask_again(self, job_id: str) -> int:
        """Everything that was asked; returns how many lookups that are."""
        self._check(job_id)
        return self._orchestrator.ask_all_again(job_id)

    def _add(self, job_id: str, ioc: IOC, hold: Hold | None = None) -> bool:
        lookups = self._planner.lookups([ioc], {ioc: hold.reason} if hold else {})
        return self._orchestrator.add_ioc(job_id, ioc, lookups=lookups)

    def _propose(self, analysis: Analysis, left: Mapping[IOC, Hold] | None = None) -> Proposal:
        if analysis.tlp is not None and analysis.tlp.stays_here:
            analysis = replace(analysis, mode=Mode.OFFLINE)
        if analysis.mode is Mode.OFFLINE:
            return Proposal(analysis, {}, Plan((), ()))
        held = {**(left or {}), **self.holds(analysis.iocs)}
        return Proposal(analysis, held, self._planner.plan(analysis, held))

    def _find(self, job_id: str) -> JobChanges:
        if (job := self._orchestrator.changes(job_id)) is None:
            raise JobNotFoundError(UNKNOWN_JOB)
        return job

    def _check(self, job_id: str) -> None:
        tlp = self._find(job_id).analysis.tlp
        if tlp is not None and tlp.stays_here:
            raise StaysHereError(STAYS_HERE.format(tlp=tlp))
