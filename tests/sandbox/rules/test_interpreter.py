from __future__ import annotations

import pytest

from irodsfs.sandbox.rules.failures import Failure
from tests.sandbox.rules.running import run, run_actions, value


def test_output_parameters_come_back_with_their_types() -> None:
    ran = run('@external\nt { *c = "got *a"; *n = *a + 1; }', {"*a": "41"}, "*c%*n%*none%ruleExecOut")
    assert ran.status == 0
    assert ran.values == {"*c": "got 41", "*n": 42}


def test_parameters_are_expressions_after_external_on_its_own_line_only() -> None:
    assert run('@external\nt { writeString("stdout", *a); }', {"*a": "1 + 2"}).stdout == "3"
    assert run('@external t { writeString("stdout", *a); }', {"*a": "1 + 2"}).stdout == "1 + 2"


def test_a_later_parameter_sees_an_earlier_one() -> None:
    ran = run('@external\nt { writeString("stdout", *b); }', {"*a": '"x"', "*b": '"*a*a"'})
    assert ran.stdout == "xx"


@pytest.mark.parametrize(
    ("text", "code"), [('"a" "b"', Failure.UNPARSED_SUFFIX), ("a(", Failure.PARSER), ("nope", -1102000)]
)
def test_a_parameter_that_is_no_expression_fails_the_rule(text: str, code: int) -> None:
    assert run("@external\nt { nop; }", {"*a": text}).status == code


def test_a_failed_rule_leaves_parameters_as_they_were_given() -> None:
    ran = run(
        '@external\nt { *a = "new"; writeLine("stdout", "before"); fail(-5); }', {"*a": '"old"'}, "*a%ruleExecOut"
    )
    assert ran.status == -5
    assert ran.values == {"*a": '"old"'}
    assert ran.stdout == "before\n"


def test_only_the_first_rule_of_a_text_is_run() -> None:
    assert run('a { writeString("stdout", "a"); } b { writeString("stdout", "b"); }').stdout == "a"


def test_a_first_rule_with_parameters_is_refused() -> None:
    assert run("a(*x) { nop; }").status == -1021000


def test_variables_of_a_rule_are_its_own_but_its_parameters_go_by_reference() -> None:
    ran = run('a { *x = 1; *y = 2; b(*x); writeLine("stdout", "*x *y"); } b(*p) { *p = *p + 10; *y = 3; }')
    assert ran.stdout == "11 2\n"


def test_an_unset_variable_is_an_output_of_a_rule() -> None:
    assert run('a { b(*x); writeString("stdout", *x); } b(*p) { *p = "set"; }').stdout == "set"


def test_functions_give_values() -> None:
    assert run('a { writeString("stdout", f(3)); } f(*x) = *x * 2').stdout == "6"


def test_rules_of_one_name_are_tried_in_order_until_one_succeeds() -> None:
    text = 'a { b; } b { fail; } b { on (false) { nop; } or { writeString("stdout", "third"); } }'
    assert run(text).stdout == "third"


def test_cut_ends_the_trying() -> None:
    assert run('a { b; } b { cut; fail; } b { writeString("stdout", "second"); }').status == -1089000


def test_a_rule_whose_condition_does_not_hold_fails() -> None:
    assert run("a { on (1 > 2) { nop; } }").status == -1101000


def test_succeed_ends_a_rule_and_fail_ends_it_badly() -> None:
    assert run_actions('succeed; writeString("stdout", "not reached");').stdout == ""
    assert run_actions("fail;").status == -1091000
    assert run_actions("fail(-1234);").status == -1234
    assert run_actions('failmsg(-7, "why");').trail.startswith("why\nline 0, col 7\n")


def test_recovery_is_run_backwards_from_the_action_that_failed() -> None:
    ran = run_actions(
        'nop ::: writeString("stdout", "1"); nop ::: writeString("stdout", "2");'
        ' fail(-9) ::: writeString("stdout", "3"); nop ::: writeString("stdout", "4");'
    )
    assert (ran.status, ran.stdout) == (-9, "321")


def test_errorcode_and_errormsg_catch_failures() -> None:
    ran = run_actions('*c = errorcode(fail(-5)); *d = errormsg(fail(-6), *m); writeLine("stdout", "*c *d *m");')
    assert ran.status == 0
    assert ran.stdout.startswith("-5 -6 fail action encountered\nline 0, col 47\n")


def test_errorcode_of_success_is_zero() -> None:
    assert value("errorcode(nop)") == "0"
    assert value("errorcode({ *x = 1; })") == "0"


def test_error_names_stand_for_their_codes() -> None:
    assert value("SYS_INVALID_INPUT_PARAM") == "-130000"
    assert value('error("CAT_NO_ROWS_FOUND")') == "-808000"


def test_loops_break_and_go_on() -> None:
    assert run_actions('for(*i=0;*i<9;*i=*i+1) { if (*i == 3) { break; } writeString("stdout", *i); }').stdout == "012"
    assert run_actions('*i = 0; while(*i < 3) { writeString("stdout", *i); *i = *i + 1; }').stdout == "012"
    assert (
        run_actions('foreach(*x in list(1,2,3)) { if (*x == 2) { succeed; } writeString("stdout", *x); }').stdout
        == "13"
    )


def test_succeed_in_while_ends_the_rule() -> None:
    assert run_actions('while(true) { succeed; } writeString("stdout", "not reached");').stdout == ""


def test_foreach_restores_its_variable() -> None:
    assert run_actions('*x = "before"; foreach(*x in list("a")) { nop; } writeString("stdout", *x);').stdout == "before"
    assert run_actions("foreach(*x in list(1)) { nop; } *y = *x;").status == Failure.UNREADABLE_LOCAL_VARIABLE


def test_foreach_over_a_variable_names_the_element_like_the_collection() -> None:
    assert run_actions('*l = list("a","b"); foreach(*l) { writeString("stdout", *l); }').stdout == "ab"
    assert run_actions('*s = "a,b,,c"; foreach(*s) { writeString("stdout", *s); }').stdout == "abc"
    assert run_actions('*k.x = "1"; *k.y = "2"; foreach(*k) { writeString("stdout", *k); }').stdout == "xy"


def test_what_is_no_collection_cannot_be_gone_through() -> None:
    assert run_actions("foreach(*x in 3) { nop; }").status == Failure.DYNAMIC_TYPE
    assert run_actions('foreach(*x in "a,b") { nop; }').status == Failure.TYPE


def test_if_as_statement_and_as_expression() -> None:
    assert (
        run_actions('if (1 > 2) { nop; } else if (2 > 1) { writeString("stdout", "b"); } else { nop; }').stdout == "b"
    )
    assert value('if 2 > 1 then "yes" else "no"') == "yes"


def test_key_values_are_made_read_and_shared() -> None:
    ran = run_actions('*k.a = "1"; *k."b c" = "2"; *j = *k; *j.a = "3"; writeLine("stdout", *k.a ++ *k."b c");')
    assert ran.stdout == "32\n"
    assert run_actions('*k.a = "1"; *x = *k.b;').status == -313000
    assert run_actions("*k.a = 1;").status == Failure.PATTERN_NOT_MATCHED


def test_tuples_are_taken_apart() -> None:
    assert run_actions('(*a, *b) = ("x", 2); writeString("stdout", "*b*a");').stdout == "2x"
    assert run_actions("(*a, *b) = 1;").status == Failure.PATTERN_NOT_MATCHED


def test_a_variable_without_a_value_cannot_be_read() -> None:
    ran = run_actions("*x = *y;")
    assert ran.status == Failure.UNREADABLE_LOCAL_VARIABLE
    assert ran.trail.startswith("error: unable to read local variable *y.\nline 0, col 12\n")
    assert run_actions("*x = $objPath;").status == Failure.UNREADABLE_SESSION_VARIABLE


@pytest.mark.parametrize(
    ("call", "code"),
    [('msiNope("x")', -1102000), ("nope", -1102000), ("msiNope(1)", -1097000), ("msiNope(*unset)", -1097000)],
)
def test_unknown_microservices_fail_by_what_they_are_given(call: str, code: int) -> None:
    assert run_actions(f"{call};").status == code


def test_wrong_numbers_of_arguments_are_found_before_anything_is_run() -> None:
    ran = run_actions('writeLine("stdout", "x"); if (false) { substr("a"); }')
    assert (ran.status, ran.stdout) == (Failure.TYPE, "")
    assert run_actions('msiStrlen("a");').status == -1021000


def test_functions_may_call_themselves_deeply() -> None:
    text = 'a { writeString("stdout", f(500)); } f(*n) = if *n == 0 then 0 else 1 + f(*n - 1)'
    assert run(text).stdout == "500"


def test_a_rule_without_end_is_stopped() -> None:
    assert run("a { a; }").status == Failure.RUNTIME


def test_other_servers_are_refused() -> None:
    assert run_actions('remote("other.example.org", "") { nop; }').status == -66000


def test_text_can_be_evaluated() -> None:
    assert value('eval("1 + 2")') == "3"
    assert run_actions('eval("1 +");').status == Failure.PARSER


def test_output_is_captured() -> None:
    ran = run_actions('writeLine("stdout","a"); getstdout(writeString("stdout","b"), *o); writeString("stderr", *o);')
    assert (ran.stdout, ran.stderr) == ("a\nb", "b")


def test_nothing_can_be_written_to_an_unknown_target() -> None:
    assert run_actions('writeLine("nowhere", "x");').status == -310000
