"""Namespaces that a line names with several at once, and names that several of them have."""

from __future__ import annotations

import pytest

from .lookups import resolver, said

CIRCLES = {
    "lib/geo/circle.hpp": """\
        namespace acme::geo {
        class Circle {
        public:
          double area() const;
        };
        double total_area(const Circle& circle);
        }
    """,
    "lib/ui/circle.hpp": "namespace acme::ui {\nclass Circle {\npublic:\n  void paint();\n};\n}\n",
    "lib/old/circle.hpp": """\
        namespace acme { namespace old {
        class Circle { public: void rot(); };
        double total_area(const Circle& circle);
        } }
    """,
    "lib/geo/more.hpp": "namespace acme { namespace geo {\nint corners();\n} }\n",
    "app/all.hpp": '#include "../lib/ui/circle.hpp"\n#include "../lib/geo/circle.hpp"\n',
}
GEO = "lib/geo/circle.hpp:acme.geo.Circle"


@pytest.mark.parametrize(
    ("head", "written", "meant"),
    [
        ("", "acme::geo::Circle", GEO),
        ("", "geo::Circle", GEO),
        ("using namespace acme::geo;\n", "Circle", GEO),
        ("using acme::geo::Circle;\n", "Circle", GEO),
        ("namespace g = acme::geo;\n", "g::Circle", GEO),
        ("namespace acme {\nvoid f();\n}\n", "geo::Circle", GEO),
        ("namespace acme::geo {\nvoid f();\n}\n", "Circle", GEO),
        ("namespace acme::geo::deep {\nvoid f();\n}\n", "Circle", GEO),
        ("", "acme::old::Circle", "lib/old/circle.hpp:acme.old.Circle"),
        ("", "acme::geo::total_area", "lib/geo/circle.hpp:acme.geo.total_area"),
        ("namespace g = acme::geo;\n", "g::total_area", "lib/geo/circle.hpp:acme.geo.total_area"),
        ("", "acme::geo", "lib/geo/more.hpp:acme.geo"),
        ("namespace acme {\nvoid f();\n}\n", "geo", "lib/geo/more.hpp:acme.geo"),
        ("", "Circle", None),
        ("", "other::total_area", None),
        ("", "std::total_area", None),
    ],
)
def test_namespaces_of_cpp(head: str, written: str, meant: str | None) -> None:
    found = resolver({**CIRCLES, "app/main.cpp": f'#include "all.hpp"\n{head}'}, "app/main.cpp")
    assert said(found.names.named("app/main.cpp", written)) == meant


def test_a_namespace_has_the_names_of_all_that_open_it_however_they_write_it() -> None:
    found = resolver({**CIRCLES, "app/main.cpp": "int main() { }\n"}, "app/main.cpp")
    owner = found.owner("app/main.cpp", "main", "acme::geo", 1)
    assert owner is not None
    assert {"Circle", "total_area", "corners"} <= found.classes.members(owner).keys()


ORDERS = {
    "src/Shop/Order.cs": "// Acme\nnamespace Acme.Shop.Orders;\n\npublic class Order { public void Ship() { } }\n",
    "src/Legacy/Order.cs": "namespace Acme.Legacy\n{\n    public class Order { public void Rot() { } }\n}\n",
    "src/Reports/Order.cs": "using System;\n\nnamespace Acme.Papers;\n\npublic class Order { }\n",
}
SHOP = "src/Shop/Order.cs:Order"


@pytest.mark.parametrize(
    ("head", "written", "meant"),
    [
        ("using Acme.Shop.Orders;\n", "Order", SHOP),
        ("using Acme.Legacy;\n", "Order", "src/Legacy/Order.cs:Acme.Legacy.Order"),
        ("using Acme.Papers;\n", "Order", "src/Reports/Order.cs:Order"),
        ("", "Acme.Papers.Order", "src/Reports/Order.cs:Order"),
        ("", "Acme.Legacy.Order", "src/Legacy/Order.cs:Acme.Legacy.Order"),
        ("namespace Acme.App;\n", "Shop.Orders.Order", SHOP),
        ("namespace Acme.Shop.Orders.Returns;\n", "Order", SHOP),
        ("namespace Acme.Shop.Orders { class Desk { } }\n", "Order", SHOP),
        ("using Mine = Acme.Shop.Orders.Order;\n", "Mine", SHOP),
        ("using P = Acme.Papers;\n", "P.Order", "src/Reports/Order.cs:Order"),
        ("namespace Acme.App;\n", "Order", None),
    ],
)
def test_namespaces_of_c_sharp(head: str, written: str, meant: str | None) -> None:
    found = resolver({**ORDERS, "src/App/Desk.cs": head}, "src/App/Desk.cs")
    assert said(found.names.named("src/App/Desk.cs", written)) == meant
