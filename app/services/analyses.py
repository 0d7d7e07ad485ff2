"""The service of analyses: propose, begin, choose from a plan, look up single IOCs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from uuid import uuid4

from app.documents.models import Source
from app.enrichment.adapters.registry import Registry
from app.enrichment.analysis.live_analysis import JobChanges
from app.enrichment.models import TLP, Analysis, Lookup, LookupState, Mode, NotAsked, utcnow
from app.enrichment.orchestrator import EnrichmentOrchestrator
from app.errors import JobActionError, JobNotFoundError, NoProviderError, StaysHereError
from app.intake.importer import Importer
from app.jobs.models import PLANNED
from app.pipeline import extract_iocs
from app.pipeline.defang import defang
from app.pipeline.models import IOC, Evidence
from app.storage.preferences import PreferenceStore
from app.triage.models import Hold
from app.triage.plan import Forecast, Plan, Planner, lookups_beyond_today
from app.triage.policy import Policy, find_holds
from app.triage.proposal import LEFT_OUT, NOT_TODAY, Choice, Proposal, unticked

UNKNOWN_JOB = "This analysis was not found; it may have been deleted."
NO_PROVIDER_LEFT = (
    "None of its providers can be asked now: they are switched off or have no key. Change that on "
    "the settings page, then try again."
)
STAYS_HERE = (
    "This analysis is TLP:{tlp}: no provider is asked about it. Paste the text again with another "
    "choice if it may leave after all."
)


class Analyses:
    """What an analyst does with analyses.

    Every method raises StorageError; those that take a job's id also JobNotFoundError.
    """

    def __init__(
        self,
        orchestrator: EnrichmentOrchestrator,
        planner: Planner,
        preferences: PreferenceStore,
        importer: Importer,
        registry: Registry,
    ) -> None:
        self._orchestrator = orchestrator
        self._planner = planner
        self._preferences = preferences
        self._importer = importer
        self._registry = registry

    # Begin an analysis.

    def propose(
        self,
        found: Sequence[Evidence],
        mode: Mode,
        tlp: TLP | None = None,
        providers: tuple[str, ...] | None = None,
        said: TLP | None = None,
    ) -> Proposal:
        """Return what an analysis would ask; nothing is sent or stored. Raises ConfigStoreError.

        `providers`: the ids of those to ask; None: all that are on and usable. `said`: the TLP in
        the text that forbids asking them.
        """
        evidence = {item.ioc: item for item in found}
        analysis = Analysis(uuid4().hex, tuple(evidence), mode, evidence=evidence, tlp=tlp)
        return self._propose(replace(analysis, providers=providers, tlp_said=said))

    def propose_again(self, job_id: str) -> Proposal:
        """Return what a new analysis of the same IOCs would ask. Raises ConfigStoreError.

        It has the same mode and the same providers, also if others were switched on since. What
        the analyst left out of the old plan is left out again. Raises NoProviderError if none
        of the providers can be asked now.
        """
        job = self._find(job_id)
        left_out = [row.ioc for row in job.rows if row.reason_code is NotAsked.LEFT_OUT]
        left = dict.fromkeys(left_out, Hold(LEFT_OUT))
        analysis = replace(
            job.analysis,
            job_id=uuid4().hex,
            created_at=utcnow(),
            providers=self._providers_of(job),
        )
        return self._propose(analysis, left)

    def begin(
        self, analysis: Analysis, plan: Plan | None = None, waits_for_choice: bool = False
    ) -> Analysis:
        """Start an analysis, or store its plan until the analyst has chosen; see `choose`."""
        return self._begin(analysis, plan, waits_for_choice)

    def begin_import(self, analysis: Analysis, sources: Sequence[Source]) -> Analysis:
        """Start an analysis of documents, which are read in the background."""
        return self._begin(analysis, sources=sources)

    def _begin(
        self,
        analysis: Analysis,
        plan: Plan | None = None,
        waits_for_choice: bool = False,
        sources: Sequence[Source] = (),
    ) -> Analysis:
        """Begin an analysis, whether pasted, uploaded, imported or run again.

        Every way passes here, so that a rule for analyses has one place. The client of the request
        is known to the views only.
        """
        analysis = _kept_here(analysis)
        lookups = plan.lookups if plan else ()
        self._orchestrator.begin(
            analysis, lookups, sources=sources, waits_for_choice=waits_for_choice
        )
        if sources:
            self._importer.follow(analysis.job_id)
        return analysis

    # The plan.

    def plan_read(self, analysis: Analysis) -> tuple[Sequence[Lookup], bool]:
        """Return the lookups of an import, and whether the analyst reviews the plan first.

        Raises ConfigStoreError.
        """
        if analysis.mode is Mode.OFFLINE:
            return (), False
        held = self.holds(analysis.iocs)
        proposal = Proposal(analysis, held, self._planner.plan(analysis, held))
        shows_plan = analysis.shows_plan and not self._preferences.get().start_at_once
        return proposal.plan.lookups, shows_plan and proposal.needs_decision()

    def forecasts(self, job: JobChanges) -> tuple[Forecast, ...]:
        """Return when the waiting lookups will end, for each provider. Raises ConfigStoreError."""
        return self._planner.forecasts(job.rows, job.analysis.hashes)

    def holds(self, iocs: Sequence[IOC]) -> Mapping[IOC, Hold]:
        """Return which of these IOCs are held back, and why."""
        return find_holds(iocs, self._preferences.get())

    def choose(self, job_id: str, choice: Choice) -> None:
        """Start the chosen lookups of a plan. Raises JobActionError if no plan waits."""
        job = self._find(job_id)
        if job.job.phase != PLANNED:  # an old page of the plan must send nothing
            raise JobActionError("start", job.state, job.allowed)
        iocs = job.analysis.iocs
        positions = {ioc: n for n, ioc in enumerate(iocs)}
        skipped = unticked(job.rows, positions, choice)
        for row in job.rows:
            is_held = row.state is LookupState.NOT_ASKED and row.provider is not None
            if is_held and positions[row.ioc] in choice.held_back:
                self._orchestrator.ask(job_id, row.ioc, row.provider or "")
        found = self.holds([iocs[n] for n in choice.host_alone if n < len(iocs)])
        for host in dict.fromkeys(hold.instead for hold in found.values()):
            if host is not None:
                self._add(job, host)
        rows = [row for row in self._find(job_id).rows if (row.ioc, row.provider) not in skipped]
        known = self._planner.answered_since(rows)
        if choice.only_today:
            answered = {(result.ioc, result.provider) for result in known}
            rest = [row for row in rows if (row.ioc, row.provider) not in answered]
            hashes = job.analysis.hashes
            late = lookups_beyond_today(rest, self._planner.forecasts(rest, hashes), hashes)
            skipped |= {(row.ioc, row.provider or ""): NOT_TODAY for row in late}
        self._orchestrator.start_planned(job_id, skipped, known)

    # An analysis goes on.

    def ask_rest(self, job_id: str) -> None:
        """Ask what was left when the analysis was cancelled, as far as it may be asked now.

        What the cache knows by now is answered, and what is to be held back stays. A plan that was
        declined is shown again. Raises ConfigStoreError, JobActionError, StaysHereError, and
        NoProviderError if no provider of the rest can be asked.
        """
        job = self._find_online(job_id)
        left = {(r.ioc, r.provider) for r in job.rows if r.reason_code is NotAsked.CANCELLED}
        iocs = list(dict.fromkeys(ioc for ioc, _ in left))
        planned = self._planner.lookups(job.analysis, iocs, self.holds(iocs))
        rows = [row for row in planned if (row.ioc, row.provider) in left]
        if left and not rows:
            raise NoProviderError(NO_PROVIDER_LEFT)
        self._orchestrator.ask_rest(job_id, rows, waits_for_choice=job.job.started_at is None)

    def look_up(self, job_id: str) -> None:
        """Take an offline analysis online: its plan waits for the analyst, unless there is no need.

        Raises ConfigStoreError, JobActionError, NoProviderError, StaysHereError.
        """
        job = self._find_online(job_id)
        self._check_providers(job.analysis.providers)
        proposal = self._propose(replace(job.analysis, mode=Mode.ONLINE))
        is_choice = proposal.plan.to_ask > 0 or proposal.needs_decision()
        waits = is_choice and not self._preferences.get().start_at_once
        self._orchestrator.look_up(job_id, proposal.plan.lookups, waits)

    # Single lookups.

    def add_ioc(self, job_id: str, ioc: IOC) -> bool:
        """Add a near miss to the analysis; False if it is no IOC at all, or is there already."""
        # The extractor takes a defanged name in any context: what it refuses has no valid form.
        if ioc not in extract_iocs(defang(ioc)):
            return False
        return self._add(self._find(job_id), ioc, Policy(self._preferences.get()).hold(ioc))

    def ask(self, job_id: str, ioc: IOC, provider: str) -> bool:
        """Look up an IOC that was held back, failed or was answered; False if it cannot be.

        This, `ask_host`, `prioritise` and `ask_again` raise StaysHereError.
        """
        self._find_online(job_id)
        return self._orchestrator.ask(job_id, ioc, provider)

    def ask_host(self, job_id: str, ioc: IOC) -> bool:
        """Look up the host of a URL that is held back; False for any other IOC."""
        job = self._find_online(job_id)
        hold = self.holds([ioc]).get(ioc)
        return hold is not None and hold.instead is not None and self._add(job, hold.instead)

    def prioritise(self, job_id: str, ioc: IOC, provider: str) -> bool:
        """Move a waiting lookup to the front; False if it does not wait."""
        self._find_online(job_id)
        return self._orchestrator.prioritise(job_id, ioc, provider)

    def ask_again(self, job_id: str, answers_only: bool = False) -> int:
        """Ask again for what was asked, after all that waits; returns the number of lookups.

        While lookups are left, fresh answers stay, unless `answers_only`: then failures stay.
        """
        self._find_online(job_id)
        return self._orchestrator.ask_all_again(job_id, answers_only)

    def _add(self, job: JobChanges, ioc: IOC, hold: Hold | None = None) -> bool:
        lookups = self._planner.lookups(job.analysis, [ioc], {ioc: hold} if hold else {})
        return self._orchestrator.add_ioc(job.analysis.job_id, ioc, lookups)

    def _propose(self, analysis: Analysis, left: Mapping[IOC, Hold] | None = None) -> Proposal:
        analysis = _kept_here(analysis)
        if analysis.mode is Mode.OFFLINE:
            return Proposal(analysis, {}, Plan((), ()))
        held = {**(left or {}), **self.holds(analysis.iocs)}
        return Proposal(analysis, held, self._planner.plan(analysis, held))

    def _providers_of(self, job: JobChanges) -> tuple[str, ...] | None:
        """Return the ids of the providers that were asked. Raises NoProviderError."""
        names = {row.provider for row in job.rows}
        asked = tuple(a.declaration.id for a in self._registry if a.name in names)
        providers = asked or job.analysis.providers
        if job.analysis.mode is Mode.ONLINE:
            self._check_providers(providers)
        return providers

    def _check_providers(self, ids: tuple[str, ...] | None) -> None:
        """Raise NoProviderError if providers were chosen and none of them can be asked."""
        if ids is not None and not any(map(self._registry.is_asked, self._registry.asked(ids))):
            raise NoProviderError(NO_PROVIDER_LEFT)

    def _find(self, job_id: str) -> JobChanges:
        if (job := self._orchestrator.changes(job_id)) is None:
            raise JobNotFoundError(UNKNOWN_JOB)
        return job

    def _find_online(self, job_id: str) -> JobChanges:
        """Return an analysis that may leave this machine. Raises StaysHereError."""
        job = self._find(job_id)
        tlp = job.analysis.tlp
        if tlp is not None and tlp.stays_here:
            raise StaysHereError(STAYS_HERE.format(tlp=tlp))
        return job


def _kept_here(analysis: Analysis) -> Analysis:
    """Return the analysis as offline if its TLP does not let it leave."""
    if analysis.tlp is not None and analysis.tlp.stays_here:
        return replace(analysis, mode=Mode.OFFLINE)
    return analysis
