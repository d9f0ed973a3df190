import { generate, random } from './data.js';

const FIRST = { customer: 1_000_000, order: 10_000_000, barcode: 100_000_000_000 };

/** The reference of a customer, by number from 0 on. */
export const customerReference = (number) => String(FIRST.customer + number);

/**
 * Customers, five times as many orders, twenty times as many items and barcodes; who and which is by chance, which is the
 * worst for joins. Some orders have an unknown customer, some items and barcodes an unknown order; a fifth of the barcodes
 * is not sold, a few repeat an earlier one. What must come of it all is counted while the files are written.
 */
export function openShop(folder, customers) {
  const next = random(23);
  const below = (count) => Math.floor(next() * count);
  const [orders, tickets] = [customers * 5, customers * 20];
  const order = () => below(orders * 1.002);
  const placedBy = new Int32Array(orders);
  const ticketsOf = new Uint32Array(orders);
  const isTaken = new Uint8Array(tickets);
  const counted = {
    placed: 0,
    bought: 0,
    cents: 0,
    lost: 0,
    sold: 0,
    soldToUnknown: 0,
    unused: 0,
    repeated: 0,
  };

  const rowOf = {
    customers: (i) => `${customerReference(i)},Customer ${i},customer${i}@example.com,active`,
    orders(i) {
      const customer = below(customers * 1.01);
      placedBy[i] = customer;
      if (customer < customers) counted.placed++;
      return `${FIRST.order + i},${customerReference(customer)},paid,${1_760_000_000 + i}`;
    },
    items(i) {
      const [of, cents] = [order(), below(20_000)];
      if (of >= orders) counted.lost++;
      else if (placedBy[of] < customers) {
        counted.bought++;
        counted.cents += cents;
      }
      return `${FIRST.order + of},Ticket ${i % 100},1,${(cents / 100).toFixed(2)}`;
    },
    barcodes(i) {
      const barcode = next() < 0.0001 ? below(i) : i;
      const of = i % 5 === 0 ? undefined : order();
      if (isTaken[barcode]) counted.repeated++;
      else if (of === undefined) counted.unused++;
      else {
        counted.sold++;
        if (of < orders) ticketsOf[of]++;
        else counted.soldToUnknown++;
      }
      isTaken[barcode] = 1;
      return `${FIRST.barcode + barcode},${of === undefined ? '' : FIRST.order + of}`;
    },
  };
  const files = [
    ['customers', customers, 'customer_reference,name,email,status'],
    ['orders', orders, 'order_reference,customer_reference,order_status,order_timestamp'],
    ['items', tickets, 'order_reference,item_name,quantity,total_price'],
    ['barcodes', tickets, 'barcode,order_reference'],
  ].map(([feed, rows, header]) => ({
    feed,
    file: generate(`${folder}/${feed}.csv`, rows, header, rowOf[feed]),
  }));
  return { files, known: { customers, orders, ...counted, ...ticketsSold(placedBy, ticketsOf) } };
}

/** Orders that have tickets, and how many the customer with the most has, known or not. */
function ticketsSold(placedBy, ticketsOf) {
  const ofCustomers = new Map();
  let ordersWithTickets = 0;
  ticketsOf.forEach((tickets, order) => {
    if (tickets === 0) return;
    ordersWithTickets++;
    ofCustomers.set(placedBy[order], (ofCustomers.get(placedBy[order]) ?? 0) + tickets);
  });
  return { ordersWithTickets, mostTickets: [...ofCustomers.values()].reduce((a, b) => Math.max(a, b), 0) };
}
