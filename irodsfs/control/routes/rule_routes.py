"""Guide, chapter 10: rules."""

from __future__ import annotations

from irods.exception import iRODSException

from irodsfs.control.accept import XML
from irodsfs.control.call import Call
from irodsfs.control.documents.rule_documents import OutputParameter, ProcessingType, RuleRequest, RuleResult
from irodsfs.control.http_errors import BadRequest
from irodsfs.control.http_operations import Operations
from irodsfs.grid import rules
from irodsfs.grid.errors import summarise
from irodsfs.grid.rules import Rule, RuleSyntaxError

operations = Operations("Rules")


@operations.operation("POST", "/rule", body=RuleRequest, answer=RuleResult)
async def post_rule(call: Call) -> RuleResult:
    """Run a rule with other values for its inputs where given; answers its outputs."""
    given: RuleRequest = call.body
    external = given.ruleProcessingType != ProcessingType.CLASSIC
    where = await rules.server_of(call.session.zone, given.zone) if given.zone else rules.NOWHERE
    if where is None:
        raise BadRequest("zone", f"The server knows no zone {given.zone}.", "Name one that the column ZONE_NAME lists.")
    try:
        outputs = await rules.execute(call.session.zone, _rule(given), external=external, where=where)
    except iRODSException as error:
        remedy = "Check the rule, and the log of the server."
        raise BadRequest("ruleAsOriginalText", f"The rule failed with {summarise(error)}.", remedy) from error
    finally:
        # A rule may have changed anything.
        await call.changes.changed("/")
    in_xml = call.media_type == XML
    return RuleResult(
        ruleAsOriginalText=given.ruleAsOriginalText if in_xml else None,
        ruleProcessingType=given.ruleProcessingType if in_xml else None,
        outputParameterResults=[OutputParameter.of(output) for output in outputs],
    )


def _rule(given: RuleRequest) -> Rule:
    try:
        rule = rules.parse(given.ruleAsOriginalText)
    except RuleSyntaxError as error:
        raise BadRequest("ruleAsOriginalText", f"{error}.", "Write the line as irule takes it.") from error
    try:
        return rule.with_inputs({each.name: each.value for each in given.irodsRuleInputParameters})
    except RuleSyntaxError as error:
        remedy = "Name inputs that the line INPUT lists."
        raise BadRequest("irodsRuleInputParameters", f"{error}.", remedy) from error
