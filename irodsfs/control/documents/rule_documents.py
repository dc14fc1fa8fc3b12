"""Guide, chapter 10: rules."""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar, Literal

from pydantic import Field

from irodsfs.control.documents.base import Document
from irodsfs.control.documents.query_documents import ZoneName
from irodsfs.grid.rules import Output


class ProcessingType(StrEnum):
    """CLASSIC is the form of rules before iRODS 3.2."""

    CLASSIC = "CLASSIC"
    INTERNAL = "INTERNAL"
    EXTERNAL = "EXTERNAL"


class InputParameter(Document):
    """A value for an input of the rule, in the rule language: text has quotes of its own."""

    name: str = Field(pattern=r"^\*\w+$", examples=["*dataObject"])
    value: str


class RuleRequest(Document):
    """A rule as irule reads it from a file, its lines INPUT and OUTPUT included."""

    xml_name: ClassVar[str] = "rule"

    ruleAsOriginalText: str = Field(min_length=1)
    ruleProcessingType: ProcessingType = ProcessingType.EXTERNAL
    irodsRuleInputParameters: list[InputParameter] = []
    zone: ZoneName | None = None


class OutputParameter(Document):
    parameterName: str
    outputParamType: Literal["STRING", "INT"]
    resultObject: str

    @classmethod
    def of(cls, output: Output) -> OutputParameter:
        return cls(
            parameterName=output.name,
            outputParamType="INT" if output.is_number else "STRING",
            resultObject=output.value,
        )


class RuleResult(Document):
    """The outputs of a rule, `ruleExecOut` and `ruleExecErrorOut` among them. In XML the rule comes back with them."""

    xml_name: ClassVar[str] = "rule"

    ruleAsOriginalText: str | None = None
    ruleProcessingType: ProcessingType | None = None
    outputParameterResults: list[OutputParameter]
