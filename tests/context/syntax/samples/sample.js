// A little shop: the cart, its prices, and the page that shows them.
'use strict'

import fs from 'node:fs'
import * as path from 'node:path'
import { readFile as read, writeFile } from 'node:fs/promises'
import Store, { TAXES } from './store.js'
import './polyfills.js'

const { join, resolve: resolvePath } = require('path')
const logger = require('./logger')

export { formatPrice as format } from './format.js'
export * from './shapes.js'

/** How many items a cart may hold. */
export const MAX_ITEMS = 50
let counter = 0

/**
 * A price with its tax.
 * @param {number} net
 */
export function withTax(net, rate = TAXES.standard, ...more) {
  const [first, second = 0] = more
  return net * (1 + rate) + first + second
}

export const total = (items, { currency = 'EUR', rounded } = {}) => {
  const sum = items.reduce((all, item) => all + item.price, 0)
  return rounded ? Math.round(sum) : `${sum} ${currency}`
}

async function* pages(store) {
  for await (const page of store.pages()) {
    yield page
  }
}

// A cart that remembers what is in it.
export default class Cart extends Store.Base {
  static #count = 0
  items = []
  owner = null

  constructor(owner, store = new Store()) {
    super(owner)
    this.owner = owner
    this.store = store
    this.history = new Map()
    Cart.#count += 1
  }

  get size() {
    return this.items.length
  }

  static empty() {
    return new Cart(null)
  }

  async add(item, amount = 1) {
    const known = this.items.find((other) => other.id === item.id)
    try {
      await this.store.save(item, { amount })
    } catch (error) {
      logger.warn(`cannot save ${item.id}`, error)
    }
    return known ?? item
  }

  #check(item) {
    if (!(item instanceof Object) || this.items.length >= MAX_ITEMS) {
      throw new RangeError('too many')
    }
  }
}

const helpers = {
  double(value) {
    return value * 2
  },
  half: (value) => value / 2,
  nested: { deep: function (value) { return value } },
}

export function Page({ cart, title }) {
  const [open, setOpen] = useState(false)
  const label = cart?.owner?.name
  return (
    <Layout title={title}>
      <Cart.View items={cart.items} onClose={() => setOpen(!open)} />
      {open && <p className="note">{label}</p>}
    </Layout>
  )
}

Cart.prototype.clear = function () {
  this.items = []
}

module.exports.helpers = helpers
exports.readAll = async (names) => {
  const lazy = await import('./lazy.js')
  return Promise.all(names.map((name) => read(join(__dirname, name))))
}
switch (counter) {
  case 0:
    label: for (let i = 0, n = 3; i < n; i++) continue label
    break
  default:
    counter = fs.existsSync(path.sep) ? withTax(1) : 2
}
