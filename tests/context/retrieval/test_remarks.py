"""What the comment above a definition says it is, where the code does not."""

from __future__ import annotations

import pytest

from .lookups import resolver, said

FILES = {
    "store.php": """\
        <?php
        class Order { public function pay() {} }
        class Store
        {
            /** @var Collection<int, Order> */
            private Collection $lines;

            /** @return list<Order> */
            public function open(): array { return []; }

            /**
             * All of them.
             *
             * @param int $limit
             * @return Order[]
             */
            #[Pure]
            public function all($limit) { return []; }

            /** @return array<string, Order> by name */
            public function named(): array { return []; }

            /** @return Order|null */
            public function first() { return null; }

            /** @return static */
            public function same() { return $this; }

            /** @return Order */

            public function apart() { return null; }

            public function silent(): array { return []; }
        }
    """,
    "store.js": """\
        export class Order { pay() {} }
        export class Store {
          /** @returns {Promise<Order>} the first */
          first() {}
          /**
           * @return {Array<Order>}
           */
          all() {}
        }
    """,
    "store.rb": """\
        class Order
          def pay
          end
        end
        class Store
          # @param name [String]
          # @return [Order, nil] the first
          def first(name)
          end

          # @return [Array<Order>]
          def all
          end
        end
    """,
    "desk.php": "<?php\nrequire 'store.php';\n$store = new Store();\n",
    "desk.js": "import { Store } from './store';\nconst store = new Store();\n",
    "desk.rb": "require_relative 'store'\nstore = Store.new\n",
}


@pytest.mark.parametrize(
    ("path", "expression", "name"),
    [
        ("desk.php", "$store->lines[0]", "Order"),
        ("desk.php", "$store->open()[0]", "Order"),
        ("desk.php", "$store->all(1)[0]", "Order"),
        ("desk.php", "$store->named()['a']", "Order"),
        ("desk.php", "$store->first()", "Order"),
        ("desk.php", "$store->same()", "Store"),
        ("desk.php", "$store->apart()", None),
        ("desk.php", "$store->silent()[0]", None),
        ("desk.js", "await store.first()", "Order"),
        ("desk.js", "store.all()[0]", "Order"),
        ("desk.rb", "store.first(1)", "Order"),
        ("desk.rb", "store.all[0]", "Order"),
    ],
)
def test_what_is_said_above(path: str, expression: str, name: str | None) -> None:
    found = said(resolver(FILES, path).owner(path, "", expression, 9))
    assert found == (f"store.{path[5:]}:{name}" if name else None)
