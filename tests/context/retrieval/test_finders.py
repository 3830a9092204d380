"""What mappers of tables give of a class, types that stand in classes, and type variables."""

from __future__ import annotations

import pytest

from .lookups import resolver, said


@pytest.mark.parametrize(
    ("path", "expression", "is_one"),
    [
        ("desk.rb", "Order.find(1)", True),
        ("desk.rb", "Order.where(open: true).order(:id).first", True),
        ("desk.rb", "Order.find_by(name: 1)", True),
        ("desk.rb", "Order.other", False),
        ("desk.php", "Order::find(1)", True),
        ("desk.php", "Order::where('a', 1)->first()", True),
        ("desk.php", "Order::other()", False),
        ("desk.py", "Order.objects.get(pk=1)", True),
        ("desk.py", "Order.objects.filter(a=1).order_by('b').first()", True),
        ("desk.py", "Order.query.filter_by(a=1).first_or_404()", True),
        ("desk.py", "get_object_or_404(Order, pk=1)", True),
        ("desk.py", "Order.objects.get_or_create(a=1)[0]", True),
        ("desk.py", "Order.find(1)", False),
        ("desk.ts", "await Order.findOne({ id })", True),
        ("desk.ts", "Order.findAll()", True),
    ],
)
def test_what_a_class_is_asked_for(path: str, expression: str, is_one: bool) -> None:
    files = {
        "order.rb": "class Order < Record\n  def pay\n  end\nend\n",
        "order.php": "<?php\nclass Order extends Model { function pay() {} }\n",
        "order.py": "class Order(Model):\n    def pay(self): ...\n",
        "order.ts": "export class Order extends Model { pay() {} }\n",
        "desk.rb": "require_relative 'order'\n",
        "desk.php": "<?php\nrequire 'order.php';\n",
        "desk.py": "from order import Order\n",
        "desk.ts": "import { Order } from './order';\n",
    }
    found = said(resolver(files, path).owner(path, "", expression, 9))
    assert found == (f"order.{path[5:]}:Order" if is_one else None)


def test_a_method_of_the_class_comes_first() -> None:
    files = {
        "order.py": "class Pen: ...\n\n\nclass Order:\n    @property\n    def objects(self) -> Pen: ...\n",
        "desk.py": "from order import Order\n",
    }
    assert said(resolver(files, "desk.py").owner("desk.py", "", "Order.objects", 9)) == "order.py:Pen"


def test_a_class_of_the_repository_alone_has_no_such_methods() -> None:
    files = {"order.py": "class Order:\n    def pay(self): ...\n", "desk.py": "from order import Order\n"}
    assert resolver(files, "desk.py").owner("desk.py", "", "Order.objects.get(1)", 9) is None


def test_a_type_that_stands_in_the_class() -> None:
    order = """\
        package a;
        public class Order {
            public static Builder builder() { return null; }
            public static class Builder {
                public Builder id(int id) { return this; }
                public Order build() { return null; }
            }
        }
    """
    found = resolver({"a/Order.java": order, "a/Desk.java": "package a;\n"}, "a/Desk.java")
    assert said(found.owner("a/Desk.java", "", "Order.builder().id(1)", 9)) == "a/Order.java:Order.Builder"
    assert said(found.owner("a/Desk.java", "", "Order.builder().id(1).build()", 9)) == "a/Order.java:Order"


STORES = {
    "src/store.rs": "pub trait Store { fn get(&self); }\n",
    "src/lib.rs": "pub mod store;\npub mod desk;\n",
    "Store.java": "public interface Store { void get(); }\n",
    "store.ts": "export interface Store { get(): void }\n",
    "Store.cs": "public interface Store { void Get(); }\n",
    "store.go": "package a\n\ntype Store interface { Get() }\n",
    "store.py": "class Store:\n    def get(self): ...\n",
}


@pytest.mark.parametrize(
    ("path", "text", "expression", "scope"),
    [
        ("src/desk.rs", "use crate::store::Store;\npub struct Desk<S: Store> { store: S }\n", "self.store", "Desk"),
        ("src/desk.rs", "use crate::store::Store;\nfn f<T>(t: &T) where T: Send + Store {}\n", "t", "f"),
        ("Desk.java", "class Desk<S extends Store> { S store; }\n", "this.store", "Desk"),
        ("desk.ts", "import { Store } from './store';\nclass Desk<S extends Store> { s: S; }\n", "this.s", "Desk"),
        ("Desk.cs", "class Desk<S> where S : class, Store { S store; }\n", "this.store", "Desk"),
        ("desk.go", "package a\n\nfunc f[S Store](s S) {}\n", "s", "f"),
        ("desk.py", "from store import Store\n\n\ndef f[S: Store](s: S): ...\n", "s", "f"),
    ],
)  # fmt: skip
def test_a_type_variable_is_what_it_is_bound_to(path: str, text: str, expression: str, scope: str) -> None:
    found = said(resolver({**STORES, path: text}, path).owner(path, scope, expression, 9))
    assert found is not None
    assert found.endswith(":Store")
