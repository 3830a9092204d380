// A list of orders for the screen.
import React, { useEffect, useState } from 'react'
import { OrderService, type Order } from './orders'
import { Button } from '../ui'

interface ListProps {
  service: OrderService
  title?: string
  onOpen: (order: Order) => void
}

type State = { orders: Order[]; error?: Error }

/** One line of the list. */
const Row: React.FC<{ order: Order }> = ({ order }) => (
  <li className="row" data-id={order.id}>
    {order.price.format()}
  </li>
)

export function OrderList({ service, title = 'Orders', onOpen }: ListProps): JSX.Element {
  const [state, setState] = useState<State>({ orders: [] })

  useEffect(() => {
    let stale = false
    service.open.then((orders: Order[]) => {
      if (!stale) setState({ orders })
    })
    return () => {
      stale = true
    }
  }, [service])

  if (state.error) {
    return <Problem error={state.error} retry={() => setState({ orders: [] })} />
  }
  return (
    <section>
      <h1>{title}</h1>
      <ul>
        {state.orders.map((order) => (
          <Row key={order.id} order={order} />
        ))}
      </ul>
      <Button.Primary<Order> onClick={() => onOpen(state.orders[0])}>Open</Button.Primary>
      <>
        {generic<Order>(state.orders, (one) => one as Order)}
      </>
    </section>
  )
}

function generic<T,>(items: T[], pick: (item: T) => T): T | undefined {
  return items.map(pick)[0]
}

export class Problem extends React.Component<{ error: Error; retry(): void }, State> {
  state: State = { orders: [] }
  private timer: number | null = null

  componentDidMount() {
    this.timer = window.setTimeout(this.props.retry, 1000)
  }

  render() {
    const { error } = this.props
    return <p role="alert">{error.message}</p>
  }
}

export default React.memo(OrderList)
