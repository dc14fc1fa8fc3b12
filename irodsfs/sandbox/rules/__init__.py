"""The rule language of the embedded zone: a parser and an interpreter for the widely used subset.

Constructs: rules with parameters and conditions (``on``, ``or``), several of one name tried in order, functions
(``f(*x) = …``); assignment to variables, tuples and ``*kv.key``; strings with ``*x`` and ``$x`` in them, escapes, raw
strings, paths without quotes; numbers, booleans, lists, tuples; the operators ``+ - * / % ^ ^^ ++ == != < <= > >=
&& || %% ! .``, ``like``, ``not like``, ``like regex``; ``if`` as statement and as expression, ``while``, ``for``,
``foreach`` over lists, rows, keys and ``SELECT … WHERE …``, ``break``, ``succeed``, ``fail``, ``cut``, recovery with
``:::``, ``delay``. ``remote``, ``let``, ``match``, type definitions and rules of the time before 3.0
(``name||a##b|nop``) are refused. Types are checked when a value is used, not before; only wrong numbers of arguments
are found at once.

The whole list, with functions and microservices, is in ``docs/rule-language.md``.
"""
