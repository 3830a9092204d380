"""Unfinished lines in every language: a whole file a language, and what people have typed half of in it.

`{top}` stands between two definitions, `{member}` between two members of a class, `{body}` in a method.

Left out is what a grammar takes for whole code, since nothing then says that it is not: `const x =` above a class
is a class expression in JavaScript, `int f(int a)` above a structure an old way to define a function in C.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, repr=False)
class Typing:
    """A file with places to type at, and by place the lines that are typed there."""

    path: str
    text: str
    lines: dict[str, tuple[str, ...]]

    def whole(self) -> str:
        """The file with nothing typed."""
        return self.typed("", "")

    def typed(self, place: str, line: str) -> str:
        """The file with one line typed."""
        text = self.text
        for name in ("top", "member", "body"):
            text = text.replace("{" + name + "}", line if name == place else "")
        return text


PYTHON = Typing(
    "a.py",
    '''import os


def before(a, b):
    """First."""
    return a + b

{top}

class Shape:
    """A shape.

    It's round.
    """

    size = 1

    def area(self, scale):
        """Its area."""
        total = self.size * scale
        {body}
        for each in range(3):
            total += each
        return total

    {member}

    def grow(self, by):
        self.size = "a (b" + by
        return self


def after(shape):
    """Last."""
    return shape.area(2)


LIMIT = {"a": 1}
''',
    {
        "top": (
            "def f(",
            "def f(a, b",
            "def f(a, b):",
            "class A(",
            "class A",
            "x = foo(",
            "x = foo(1, [2, {",
            "x = [",
            'x = "abc',
            'x = """abc',
            "import",
            "from os import",
            "from os import (",
            "if x",
            "@decorated(",
            "x =",
            "x = {'a': 1,",
            "lambda x:",
            "try:",
        ),
        "member": (
            "def f(self",
            "def f(self):",
            "def",
            "@property",
            "x: int =",
            "x = (",
            '"""',
            "async def f(",
        ),
        "body": (
            "self.",
            "x = self.",
            "x = foo(",
            "x = foo(a, b=",
            "if x",
            "if x:",
            "if (x",
            "for a in",
            "for a in b:",
            "while (",
            "return",
            "return [",
            "return {",
            "with open(",
            "with open('a') as",
            "try:",
            "x = [a for a in",
            'x = "abc',
            "x = 'abc",
            'x = f"abc {',
            'x = """abc',
            '"""abc',
            "print('abc",
            "x = a +",
            "not",
            "lambda:",
            "x[",
            "x = )",
            "elif x:",
            "else",
            "raise ValueError(",
            "assert (",
            "match x:",
            "x = a if",
            "self.grow(self.",
        ),
    },
)

_SCRIPT = """import os from "os";

function before(a, b) {
  return a + b;
}

{top}

class Shape extends Base {
  size = 1;

  // It's round.
  area(scale) {
    let total = this.size * scale;
    {body}
    for (const each of [1, 2]) {
      total += each;
    }
    return total;
  }

  {member}

  grow(by) {
    this.size = "a (b" + `${by} c`;
    return this;
  }
}

/* Last. */
function after(shape) {
  return shape.area(2);
}

const limit = { a: 1 };
"""
_SCRIPT_LINES = {
    "top": (
        "function f(",
        "function f(a, b",
        "function f(a) {",
        "class A",
        "class A {",
        "const x = foo(",
        "const x = {",
        "const x = [1, ",
        'const x = "abc',
        "const x = `abc",
        "import",
        "import {",
        "import { a } from",
        "export",
        "export function f(",
        "if (x",
        "const f = (a) => {",
        "/* abc",
        "/** abc",
    ),
    "member": ("f(", "f(a", "f(a) {", "static", "get f", "async f(", "x =", "/** abc"),
    "body": (
        "this.",
        "const x = this.",
        "x = foo(",
        "foo(a, (b) => {",
        "if (x",
        "if (x)",
        "if (x) {",
        "if",
        "for (const a of",
        "for (const a of b) {",
        "while (",
        "return",
        "return [",
        "return {",
        "try {",
        "const x = 'abc",
        'const x = "abc',
        "const x = `abc ${",
        "console.log('abc",
        "x = a +",
        "x[",
        "x = )",
        "}",
        "else {",
        "throw new Error(",
        "switch (x) {",
        "const { a,",
        "await",
        "new",
    ),
}
JAVASCRIPT = Typing("a.js", _SCRIPT, _SCRIPT_LINES)
TYPESCRIPT = Typing(
    "a.ts",
    _SCRIPT.replace("scale)", "scale: number): number").replace("size = 1", "size: number = 1"),
    {
        **_SCRIPT_LINES,
        "top": (
            *_SCRIPT_LINES["top"],
            "interface A {",
            "type A =",
            "function f(a: ",
            "enum A {",
            "const x: Map<",
        ),
    },
)
TSX = Typing(
    "a.tsx",
    _SCRIPT.replace("return shape.area(2)", "return <b>{shape.area(2)}</b>"),
    {**_SCRIPT_LINES, "body": (*_SCRIPT_LINES["body"], "return <div>", "return <div a={")},
)

GO = Typing(
    "a.go",
    """package shapes

import "os"

func before(a, b int) int {
	return a + b
}

{top}

// Shape is round.
type Shape struct {
	Size int
}

// Area is its area.
func (s *Shape) Area(scale int) int {
	total := s.Size * scale
	{body}
	for each := range []int{1, 2} {
		total += each
	}
	return total
}

func (s *Shape) Grow(by string) string {
	return "a (b" + by
}

func after(shape *Shape) int {
	return shape.Area(2)
}

var Limit = map[string]int{"a": 1}
""",
    {
        "top": (
            "func f(",
            "func f(a int",
            "func f(a int) {",
            "func",
            "func (s *Shape) F(",
            "type A struct {",
            "type A",
            "type A interface {",
            "var x =",
            "var x = foo(",
            "var x = []int{",
            'var x = "abc',
            "var x = `abc",
            "import (",
            "const (",
            "/* abc",
        ),
        "body": (
            "s.",
            "x := s.",
            "x := foo(",
            "x := foo(a, func() {",
            "if x",
            "if x {",
            "if",
            "for a :=",
            "for _, a := range b {",
            "return",
            "return []int{",
            'x := "abc',
            "x := `abc",
            "x := 'a",
            "x = a +",
            "x[",
            "x = )",
            "}",
            "switch x {",
            "go func() {",
            "defer",
            "else {",
            "case 1:",
        ),
    },
)

RUST = Typing(
    "a.rs",
    """use std::fmt;

fn before(a: i32, b: i32) -> i32 {
    a + b
}

{top}

/// It's round.
struct Shape<'a> {
    size: i32,
    name: &'a str,
}

impl<'a> Shape<'a> {
    /// Its area.
    fn area(&self, scale: i32) -> i32 {
        let mut total = self.size * scale;
        {body}
        for each in 0..3 {
            total += each;
        }
        total
    }

    {member}

    fn grow(&self, by: &str) -> String {
        format!("a (b {}", by)
    }
}

fn after(shape: &Shape) -> i32 {
    shape.area(2)
}

const LIMIT: i32 = 1;
""",
    {
        "top": (
            "fn f(",
            "fn f(a: ",
            "fn f(a: i32) {",
            "fn f(a: i32) -> ",
            "fn",
            "struct A {",
            "struct A",
            "enum A {",
            "impl A {",
            "impl",
            "impl A for",
            "use std::{",
            "use std::",
            "const X: i32 =",
            'const X: &str = "abc',
            "#[derive(",
            "mod a {",
            "trait A {",
            "/* abc",
        ),
        "member": ("fn f(", "fn f(&self", "fn f(&self) {", "pub", "pub fn", "#[inline"),
        "body": (
            "self.",
            "let x = self.",
            "let x =",
            "let x = foo(",
            "foo(a, |b| {",
            "if x",
            "if x {",
            "if",
            "if let Some(",
            "for a in",
            "for a in b {",
            "match x {",
            "return",
            'let x = "abc',
            'println!("abc',
            "println!(",
            "vec![",
            "x = a +",
            "x[",
            "x = )",
            "}",
            "let x: Vec<",
            "Shape {",
            "let x = Shape::",
        ),
    },
)

JAVA = Typing(
    "A.java",
    """package shapes;

import java.util.List;

class Before {
    int first(int a) {
        return a;
    }
}

{top}

/** It's round. */
class Shape extends Base {
    private int size = 1;

    int area(int scale) {
        int total = this.size * scale;
        {body}
        for (int each : List.of(1, 2)) {
            total += each;
        }
        return total;
    }

    {member}

    String grow(String by) {
        return "a (b" + by;
    }
}

class After {
    int last(Shape shape) {
        return shape.area(2);
    }
}
""",
    {
        "top": (
            "class A",
            "class A {",
            "public class A extends",
            "interface A {",
            "enum A {",
            "import",
            "import java.util.",
            "@Named(",
            "record A(",
            "/* abc",
            "/** abc",
        ),
        "member": (
            "int f(",
            "int f(int a",
            "int f(int a) {",
            "private",
            "private int",
            "private int x =",
            'String x = "abc',
            "@Override",
            "public void f(List<",
            "List<String> x = new",
        ),
        "body": (
            "this.",
            "int x = this.",
            "x = foo(",
            "foo(a, b -> {",
            "if (x",
            "if (x)",
            "if (x) {",
            "if",
            "for (int a :",
            "for (int a : b) {",
            "while (",
            "return",
            "try {",
            'String x = "abc',
            "char x = 'a",
            "x = a +",
            "x[",
            "x = )",
            "}",
            "else {",
            "throw new Error(",
            "switch (x) {",
            "List<String> x =",
            "new",
            "new Shape(",
        ),
    },
)

_C = """#include <stdio.h>

int before(int a, int b) {
    return a + b;
}

{top}

/* It's round. */
struct Shape {
    int size;
};

int area(struct Shape *shape, int scale) {
    int total = shape->size * scale;
    {body}
    for (int each = 0; each < 3; each++) {
        total += each;
    }
    return total;
}

const char *grow(const char *by) {
    return "a (b";
}

int after(struct Shape *shape) {
    return area(shape, 2);
}

static int limit = 1;
"""
_C_LINES = {
    "top": (
        "int f(",
        "int f(int a",
        "int f(int a) {",
        "static",
        "struct A {",
        "struct A",
        "enum A {",
        "typedef struct {",
        "int x =",
        "int x[] = {",
        'char *x = "abc',
        "#include",
        '#include "abc',
        "#define A(",
        "/* abc",
    ),
    "body": (
        "shape->",
        "int x = shape->",
        "x = foo(",
        "foo(a,",
        "if (x",
        "if (x)",
        "if (x) {",
        "if",
        "for (int a = 0;",
        "for (;;) {",
        "while (",
        "return",
        "do {",
        'char *x = "abc',
        "char x = 'a",
        'printf("abc',
        "x = a +",
        "x[",
        "x = )",
        "}",
        "else {",
        "switch (x) {",
        "x = (int",
        "sizeof(",
    ),
}
C = Typing("a.c", _C, _C_LINES)

CPP = Typing(
    "a.cpp",
    """#include <vector>

int before(int a, int b) {
    return a + b;
}

{top}

// It's round.
class Shape : public Base {
public:
    int size = 1;

    int area(int scale) {
        int total = this->size * scale;
        {body}
        for (int each : std::vector<int>{1, 2}) {
            total += each;
        }
        return total;
    }

    {member}

    std::string grow(const std::string &by) {
        return "a (b" + by;
    }
};

int after(Shape &shape) {
    return shape.area(2);
}

static int limit = 1;
""",
    {
        "top": (
            *(line for line in _C_LINES["top"] if line != "#include"),
            "class A {",
            "class A : public",
            "namespace a {",
            "template <typename",
            "template <typename T>",
        ),
        "member": ("int f(", "int f(int a", "int f(int a) {", "std::vector<", "virtual", "int x ="),
        "body": (
            *_C_LINES["body"],
            "this->",
            "std::",
            "auto x =",
            "std::vector<int> x = {",
            "foo([&](int a) {",
            "new",
            "try {",
        ),
    },
)

C_SHARP = Typing(
    "A.cs",
    JAVA.text.replace("package shapes;", "using System;")
    .replace("import java.util.List;", "using System.Linq;")
    .replace("extends", ":")
    .replace("for (int each :", "foreach (int each in"),
    {
        "top": (
            "class A",
            "class A {",
            "public class A :",
            "interface A {",
            "enum A {",
            "using",
            "[Named(",
            "/* abc",
        ),
        "member": (
            "int f(",
            "int f(int a",
            "int f(int a) {",
            "private",
            "private int x =",
            'string x = "abc',
            "public int X { get;",
            "public int X {",
            "public void F(List<",
            "[Test",
        ),
        "body": (
            "this.",
            "var x = this.",
            "x = foo(",
            "foo(a, b => {",
            "if (x",
            "if (x)",
            "if (x) {",
            "if",
            "foreach (var a in",
            "foreach (var a in b) {",
            "while (",
            "return",
            "try {",
            'var x = "abc',
            'var x = $"abc {',
            'var x = @"abc',
            "x = a +",
            "x[",
            "x = )",
            "}",
            "else {",
            "throw new Exception(",
            "switch (x) {",
            "await",
            "new Shape {",
        ),
    },
)

RUBY = Typing(
    "a.rb",
    """require "set"

def before(a, b)
  a + b
end

{top}

# It's round.
class Shape < Base
  attr_reader :size

  def area(scale)
    total = @size * scale
    {body}
    [1, 2].each do |each|
      total += each
    end
    total
  end

  {member}

  def grow(by)
    "a (b" + by
  end
end

def after(shape)
  shape.area(2)
end

LIMIT = 1
""",
    {
        "top": (
            "def f(",
            "def f(a, b",
            "def f",
            "def",
            "class A",
            "class A <",
            "module A",
            "x =",
            "x = foo(",
            "x = [",
            "x = {",
            'x = "abc',
            "x = 'abc",
            "require",
            "require 'abc",
            "if x",
            "foo do",
            "begin",
        ),
        "member": ("def f(", "def f(a", "def f", "def", "attr_reader", "private def f", "x = ("),
        "body": (
            "self.",
            "x = self.",
            "x = foo(",
            "x = foo(a, b:",
            "if x",
            "unless x",
            "if",
            "while x",
            "for a in",
            "foo.each do |a|",
            "foo.each { |a|",
            "foo.map(&",
            "return",
            "x = [",
            "x = {",
            'x = "abc',
            'puts "abc #{',
            "x = 'abc",
            "x = a +",
            "x[",
            "x = )",
            "else",
            "case x",
            "begin",
            "@",
        ),
    },
)

PHP = Typing(
    "a.php",
    """<?php

use Shapes\\Base;

function before($a, $b) {
    return $a + $b;
}

{top}

/** It's round. */
class Shape extends Base {
    private $size = 1;

    function area(int $scale) {
        $total = $this->size * $scale;
        {body}
        foreach ([1, 2] as $each) {
            $total += $each;
        }
        return $total;
    }

    {member}

    function grow(string $by) {
        return "a (b" . $by;
    }
}

function after(Shape $shape) {
    return $shape->area(2);
}

const LIMIT = 1;
""",
    {
        "top": (
            "function f(",
            "function f($a",
            "function f($a) {",
            "function",
            "class A",
            "class A {",
            "class A extends",
            "interface A {",
            "use",
            "use Shapes\\{",
            "$x =",
            "$x = foo(",
            "$x = [",
            '$x = "abc',
            "$x = 'abc",
            "if ($x",
            "/* abc",
            "/** abc",
        ),
        "member": (
            "function f(",
            "function f($a",
            "function f($a) {",
            "public",
            "public function",
            "private $x =",
            "private $x = 'abc",
            "#[Test",
        ),
        "body": (
            "$this->",
            "$x = $this->",
            "$x = foo(",
            "foo($a, function ($b) {",
            "if ($x",
            "if ($x)",
            "if ($x) {",
            "if",
            "foreach ($a as",
            "foreach ($a as $b) {",
            "while (",
            "return",
            "return [",
            "try {",
            '$x = "abc',
            "$x = 'abc",
            "echo 'abc",
            "$x = $a .",
            "$x[",
            "$x = )",
            "}",
            "else {",
            "throw new Error(",
            "switch ($x) {",
            "new",
            "Shape::",
            "$",
        ),
    },
)

BASH = Typing(
    "a.sh",
    """#!/bin/bash
source lib.sh

before() {
  echo "$1"
}

{top}

# It's round.
area() {
  local total=$1
  {body}
  for each in 1 2; do
    total=$((total + each))
  done
  echo "$total"
}

grow() {
  echo "a (b ${1}"
}

function after {
  area 2
}

LIMIT=1
""",
    {
        "top": (
            "f(",
            "f() {",
            "function f",
            "function f {",
            "x=",
            'x="abc',
            "x='abc",
            "x=$(foo",
            "x=(1 2",
            "if [ x",
            "if foo; then",
            "source",
            "case $x in",
            "while read a; do",
        ),
        "body": (
            "$",
            'x="abc',
            "x='abc",
            'echo "abc ${',
            "x=$(",
            "x=$(foo",
            "x=${",
            "x=$((",
            "if [",
            "if [[ $x",
            "if foo",
            "if foo; then",
            "for a in",
            "for a in b; do",
            "while foo",
            "while foo; do",
            "case $x in",
            "foo |",
            "foo &&",
            "foo > ",
            "fi",
            "done",
            "x=(",
            "[[ a ==",
        ),
    },
)

TYPINGS = (
    *(PYTHON, JAVASCRIPT, TYPESCRIPT, TSX, GO, RUST, JAVA),
    *(C, CPP, C_SHARP, RUBY, PHP, BASH),
)
