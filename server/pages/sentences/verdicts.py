"""What the gate and the checks of a trial say, as the catalogue knows it; a test holds it against the sources."""

from __future__ import annotations

from evenhand.server.pages.words import N_

__all__ = ["APART", "CHECKS", "VERDICTS"]

# How far a number is from its limit, inside other sentences.
APART = (
    N_("more than %(n)s standard errors away from its null where %(m)s are needed at this look"),
    N_("less than %(n)s standard errors away from its null where %(m)s are needed at this look"),
    N_("%(n)s standard errors away from its null, and this look has no error rate left to spend"),
    N_("%(n)s standard errors away from its null where %(m)s are needed at this look"),
)
VERDICTS = (
    N_("No primary metric is shown to be better: %(metric)s is %(apart)s."),
    N_("%(metric)s is not shown to be within its margin: %(apart)s."),
    N_("Harm beyond its margin: %(metric)s, %(apart)s."),
    N_("%(metric)s is shown to be better: %(apart)s."),
    N_("%(metric)s is shown to be within its margin: %(apart)s."),
    N_("The data span %(n)s days of the planned %(m)s."),
    N_("Nobody checked whether the logs hold what the challenger would have done (support)."),
    N_("No support: %(what)s"),
    N_("The evidence was gathered under another plan (%(one)s…) than this one (%(other)s…)."),
    N_("The plan has no challenger '%(arm)s'."),
    N_("Data start on %(day)s, before the plan was registered on %(day_too)s."),
    N_("The plan has no arm '%(arm)s', of which there are units."),
    N_("The evidence claims %(share)s of the planned information, by %(n)s of %(m)s planned units."),
    N_("Nobody tested whether units are split as planned (%(name)s)."),
    N_("Nobody counted what is missing in each arm (%(name)s)."),
    N_("Nobody tested whether the arms were alike by the plan's covariates (%(name)s)."),
    N_("Units of '%(arm)s' did not get what was planned: its content hash differs."),
    N_("There is no result for the primary metric '%(metric)s'."),
    N_("There is no result for the guardrail '%(metric)s' as a lift."),
    N_("There is no result for the guardrail '%(metric)s'."),
    N_("No units of arm '%(arm)s' are in the data."),
    N_("There are no counts of %(what)s by %(attribute)s."),
    N_("The testable group '%(group)s' of %(attribute)s is missing from an arm."),
    N_("Counts of %(what)s by %(attribute)s hold %(n)s units of '%(arm)s', which has %(m)s."),
    N_("%(a)s and %(b)s (%(attribute)s, %(what)s)"),
    N_("%(a)s against %(b)s (%(attribute)s, %(criterion)s)"),
    N_("%(what)s To do: %(mend)s."),
)
CHECKS = (
    N_("sample ratio"),
    N_("sequential sample ratio"),
    N_("missing values of any metric"),
    N_("missing values of %(metric)s"),
    N_("balance before the trial"),
    N_("assignment"),
    N_("interference"),
    N_("carry-over"),
    N_("time"),
    N_("Units are split as planned."),
    N_("Units are split as planned: %(what)s (p = %(p)s)."),
    N_("Units are not split as planned: %(what)s, where the plan expects %(planned)s (p = %(p)s)."),
    N_("No units have arrived."),
    N_("No value is missing."),
    N_("No value of %(metric)s is missing."),
    N_("Few values of %(metric)s are missing: %(shares)s."),
    N_("Much of %(metric)s is missing, alike in the arms: %(shares)s."),
    N_("Arms miss %(metric)s unalike: %(shares)s (p = %(p)s)."),
    N_("An arm has no units."),
    N_(
        "The arms were alike before the trial; they differed most in %(name)s, by %(n)s standard deviations "
        "(p = %(p)s)."
    ),
    N_("The arms differed before the trial began, most in %(name)s, by %(n)s standard deviations (p = %(p)s)."),
    N_("The arms still differ in week %(n)s after both were treated alike (p = %(p)s)."),
    N_("No week after the washout of %(n)s was measured."),
    N_("After a washout of %(n)s weeks the arms no longer differ (p = %(p)s)."),
    N_("No arm spends from another one's budget."),
    N_("The arms share a budget, so that one arm's contacts cost the other arm's."),
    N_("Arms were assigned by the plan's salt."),
    N_("Arms were assigned by salt '%(one)s', not by '%(other)s'."),
    N_("%(n)s customers were sent another campaign than planned; they stay in their arm."),
    N_("Everything is from %(day)s to %(day_too)s."),
    N_("Times do not fit: %(what)s."),
    N_("Every unit is in the arm that the plan's salt says."),
    N_("%(n)s of %(m)s units are not in the arm that the plan's salt says, such as %(what)s."),
    N_("Units of %(arm)s got what was planned for them."),
    N_("Units of %(arm)s did not get '%(name)s' as it was planned: its content hash differs."),
    N_("Nobody said what units of %(arm)s really got; the plan's '%(name)s' is taken for it."),
)
