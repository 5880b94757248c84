"""The grammar of expert rules: small enough to read aloud, and never executed."""

from __future__ import annotations

from faultprint.faults.rules.nodes import READINGS, RELATIONS
from faultprint.faults.rules.parser import parse_rule, parse_value

__all__ = ["GRAMMAR", "parse_rule", "parse_value"]

GRAMMAR = {
    "rule": 'both , { "or" , both }',
    "both": 'claim , { "and" , claim }',
    "claim": '"not" , claim | fact , [ "for" , span ]',
    "fact": '"(" , rule , ")" | "running" | "mode" , "is" , name | several | comparison',
    "several": '"at" , "least" , number , "of" , "(" , rule , { "," , rule } , ")"',
    "comparison": 'sum , relation , sum | sum , "between" , sum , "and" , sum',
    "relation": " | ".join(f'"{sign}"' for sign in RELATIONS),
    "sum": 'product , { ( "+" | "-" ) , product }',
    "product": 'factor , { ( "*" | "/" ) , factor }',
    "factor": '"-" , factor | quantity | parameter | measure , [ span , "ago" ]',
    "measure": 'reading | descriptor | rate | "abs" , "(" , sum , ")" | "(" , sum , ")"',
    "reading": "( " + " | ".join(f'"{word}"' for word in READINGS) + ' ) , "(" , sensor , ")"',
    "rate": '"rate" , "(" , sum , [ "over" , span ] , ")"',
    "span": "number , unit | parameter",
    "quantity": "number , [ unit ]",
}
"""EBNF (ISO/IEC 14977) by production; name, sensor, descriptor, parameter, number and unit are the
words of :mod:`faultprint.faults.rules.tokens`."""
