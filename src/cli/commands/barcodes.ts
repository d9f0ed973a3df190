import type { Command } from 'commander';
import type { AgencyBarcodes } from '../../report/barcodes.js';
import { command, contextOf, parseLimit, type CommonOptions } from '../command.js';
import type { Terminal } from '../terminal.js';

interface BarcodesOptions extends CommonOptions {
  agency?: string;
  top: number;
  limit: number;
}

export function barcodesCommand(): Command {
  return command('barcodes', 'Barcodes: duplicates, orders without any, top customers, how many are unused', [
    'tally barcodes',
    'tally barcodes --agency agency_a --top 20',
  ])
    .option('--agency <agency>', 'only of this agency')
    .option('--top <n>', 'so many top customers', parseLimit, 5)
    .option('--limit <n>', 'so many duplicates and orders at most', parseLimit, 20)
    .action(async (options: BarcodesOptions) => {
      const { terminal, config } = await contextOf(options);
      const { askViews } = await import('../../run/ask.js');
      const { readBarcodes } = await import('../../report/barcodes.js');
      const { top, limit } = options;
      const agencies = await askViews(config, options.agency, (client, agency) =>
        readBarcodes(client, { agency, top, limit }),
      );
      for (const [index, each] of agencies.entries()) {
        if (index > 0) terminal.say();
        await show(terminal, each, limit);
      }
      if (agencies.length === 0) terminal.say('No barcodes and no orders yet.');
      terminal.document(agencies);
    });
}

async function show({ say }: Terminal, each: AgencyBarcodes, limit: number): Promise<void> {
  const { table } = await import('../terminal.js');
  const { count, cut, plural } = await import('../text.js');
  const indented = (text: string) => text.replace(/^/gm, '  ');
  const more = (shown: number, total: number, what: string) => {
    if (shown < total) say(`  and ${plural(total - shown, `more ${what}`)}; with --limit ${total}`);
  };
  const right = { right: true };

  const unknown = each.sold_to_unknown;
  say(`${each.agency}: ${plural(each.sold, 'barcode')} sold, ${plural(each.orders, 'order')}`);
  if (unknown > 0) say(`${plural(unknown, 'barcode')} sold with an order that is not in orders`);

  say(`Duplicates: ${each.duplicates === 0 ? 'none' : plural(each.duplicates, 'row')}`);
  for (const {
    barcode,
    first_line: first,
    later_lines: later,
    later_count: total,
  } of each.duplicate_barcodes) {
    const lines = `${later.map((line) => count(line)).join(', ')}${total > later.length ? ', …' : ''}`;
    say(`  ${cut(barcode, 60)}: line ${count(first)} counts, not ${total === 1 ? 'line' : 'lines'} ${lines}`);
  }
  const shown = each.duplicate_barcodes.reduce((sum, { later_count: rows }) => sum + rows, 0);
  if (each.duplicate_barcodes.length === limit) more(shown, each.duplicates, 'row');

  const without = each.without_barcodes;
  say(
    `Orders without barcodes: ${each.orders_without_barcodes === 0 ? 'none' : count(each.orders_without_barcodes)}`,
  );
  if (without.length > 0) {
    const rows = without.map((order) => [
      cut(order.order_reference, 60),
      cut(order.customer_reference ?? '', 60),
    ]);
    say(indented(table([{ title: 'order' }, { title: 'customer' }], rows)));
  }
  more(without.length, each.orders_without_barcodes, 'order');

  if (each.top_customers.length > 0) {
    say('Top customers:');
    const rows = each.top_customers.map((customer) => [
      String(customer.rank),
      cut(customer.customer_reference, 60),
      count(customer.tickets),
    ]);
    say(
      indented(table([{ title: '', ...right }, { title: 'customer' }, { title: 'tickets', ...right }], rows)),
    );
  }
  say(`Unused barcodes: ${count(each.unused)}`);
}
