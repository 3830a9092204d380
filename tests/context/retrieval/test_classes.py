"""What a class has beside what stands in it: from the other pieces of it, from modules that it includes."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from coderdiff.context.retrieval.known import Owner
from coderdiff.context.retrieval.lookup import Here

from .lookups import resolver


def members(
    files: Mapping[str, str], path: str, expression: str, scope: str = "", line: int = 99
) -> set[str]:
    """The names that may follow an expression's dot."""
    asked = resolver(files, path)
    found = asked.owner(path, scope, expression, line)
    return set(asked.classes.members(found)) if found else set()


ENTITY = "namespace Acme;\npublic class Entity {\n    public int Id { get; set; }\n}\n"
ENTITY_PIECE = (
    "namespace Acme;\npublic partial class Order : Entity {\n    public int Total { get; set; }\n}\n"
)
PLAIN_PIECE = "namespace Acme;\npublic partial class Order {\n    public void Pay() {}\n}\n"
TILL = "namespace Acme;\nclass Till {\n    void Take(Order given) {\n        given.\n    }\n}\n"


@pytest.mark.parametrize("names", [("Order.cs", "Order.Payment.cs"), ("Order.Payment.cs", "Order.cs")])
def test_any_piece_of_a_partial_class_says_its_bases(names: tuple[str, str]) -> None:
    files = {names[0]: ENTITY_PIECE, names[1]: PLAIN_PIECE, "Entity.cs": ENTITY, "Till.cs": TILL}
    assert members(files, "Till.cs", "given", "Till.Take", 4) == {"Total", "Pay", "Id"}


def test_a_piece_may_have_nothing_but_a_base() -> None:
    files = {
        "A.cs": PLAIN_PIECE,
        "B.cs": "namespace Acme;\npartial class Order : Entity {}\n",
        "Entity.cs": ENTITY,
        "Till.cs": TILL,
    }
    assert members(files, "Till.cs", "given", "Till.Take", 4) == {"Pay", "Id"}


def test_a_class_that_is_no_piece_has_its_own_bases_alone() -> None:
    files = {
        "A.cs": "namespace Acme;\nclass Order {\n    void Pay() {}\n}\n",
        "B.cs": "namespace Other;\nclass Order : Entity {}\n",
        "Entity.cs": ENTITY,
        "Till.cs": TILL,
    }
    assert members(files, "Till.cs", "given", "Till.Take", 4) == {"Pay"}


CONCERNS = {
    "app/models/base.rb": "class Base\n  def save\n  end\nend\n",
    "app/models/concerns/greeter.rb": """\
        module Greeter
          extend ActiveSupport::Concern
          include Named

          included do
            has_many :greetings
          end

          class_methods do
            def greeters
            end
          end

          def greet
          end
        end
    """,
    "app/models/concerns/named.rb": "module Named\n  def full_name\n  end\nend\n",
    "app/models/person.rb": "class Person < Base\n  include Greeter\n  def age\n  end\nend\n",
    "app/models/team.rb": "class Team\n  Greeter.include(Base)\n  extend Admin::Counted\n  prepend Missing\nend\n",
    "lib/counted.rb": "module Admin\n  module Counted\n    def count\n    end\n  end\nend\n",
    "app.rb": "p = Person.new\n",
}


def test_what_a_class_of_ruby_includes_are_its_members() -> None:
    inherited = {"save", "greet", "greeters", "greetings", "full_name"}
    assert members(CONCERNS, "app.rb", "p") == {"age", *inherited}
    assert members(CONCERNS, "app.rb", "Team") == {"count"}


def test_a_module_is_a_base_only_where_it_can_be_included() -> None:
    files = {
        "a.ts": "export namespace Shapes { export class Ring {} }\n",
        "b.ts": 'import { Shapes } from "./a";\nexport class Box extends Shapes { open() {} }\n',
        "app.ts": 'import { Box } from "./b";\n',
    }
    assert members(files, "app.ts", "new Box()") == {"open"}


EXTENDED = {
    "Domain/Order.cs": """\
        namespace Acme.Domain;
        public interface IPriced {}
        public class Order : IPriced { public int Id; }
    """,
    "Domain/Line.cs": """\
        namespace Acme.Domain;
        internal static class Lines {
            public static Line First(this Order order) => null;
            public static int Count(this Line line) => 1;
        }
    """,
    "Rules/Payable.cs": """\
        namespace Acme.Rules;
        public static class Payable {
            public static bool IsPayable(this Order order) => true;
            public static bool IsCheap(this Acme.Domain.IPriced? priced, int limit) => true;
            public static int Total(this IEnumerable<Order> orders) => 1;
            public static int Sum(this Order[] orders) => 1;
            public static bool Plain(Order order) => true;
        }
    """,
    "Other/Hidden.cs": "namespace Acme.Other;\nstatic class H { public static void Hide(this Order order) {} }\n",
    "App/Till.cs": """\
        using Acme.Domain;
        using Acme.Rules;
        class Till {
            void Take(Order given) {
                given.
            }
        }
    """,
}


def test_extension_methods_that_are_imported_are_members() -> None:
    expected = {"Id", "First", "IsPayable", "IsCheap"}
    assert members(EXTENDED, "App/Till.cs", "given", "Till.Take", 5) == expected


def test_an_extension_method_gives_what_it_declares() -> None:
    files = EXTENDED | {"Domain/Line2.cs": "namespace Acme.Domain;\nclass Line { public int Price; }\n"}
    assert members(files, "App/Till.cs", "given.First()", "Till.Take", 5) == {"Price", "Count"}


def test_what_extends_another_class_of_the_name_is_no_member() -> None:
    files = {
        "A/Order.cs": "namespace A;\nclass Order { public int Id; }\n",
        "B/Order.cs": "namespace B;\nclass Order {}\n",
        "B/Rules.cs": "namespace B;\nstatic class Rules { static void Check(this Order order) {} }\n",
        "App/Till.cs": "using A;\nusing B;\nclass Till {\n    A.Order held;\n}\n",
    }
    asked = resolver(files, "App/Till.cs")
    given = asked.names.named("App/Till.cs", "Order")
    assert isinstance(given, Here)
    assert given.path == "A/Order.cs"
    assert set(asked.classes.members(Owner(given))) == {"Id"}
