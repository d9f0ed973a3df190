import { uniqueGroups, type Feed } from '../../feeds/feed.js';
import type { Client } from '../../warehouse/connect.js';
import { quoteName, statement, type Relation } from '../../warehouse/statements.js';
import { agencyTable, differs, filledColumns, versionTable } from '../tables.js';
import type { MendSubject } from './subject.js';

/** Where the rows of a load are, and where those that are fixed go. */
interface Place {
  table: Relation;
  /** Whether rows of other loads are in it too. */
  isShared: boolean;
}

function placeOf({ outcome, loadId, agency }: MendSubject, feed: Feed): Place {
  // What is held, and what replaces, is a version of its own.
  return outcome === 'held' || feed.mode === 'replace'
    ? { table: versionTable(loadId), isShared: false }
    : { table: agencyTable(feed, agency), isShared: true };
}

/** Keys are looked at by the rules of a load: each once in the delivery, and no other values for one that is known. */
export async function setRepeatedAside(client: Client, subject: MendSubject, feed: Feed): Promise<void> {
  const { table, isShared } = placeOf(subject, feed);
  const { loadId, agency } = subject;
  const ofThisLoad = `first.load_id = ${loadId}`;
  for (const columns of uniqueGroups(feed)) {
    const isKey = columns === feed.key;
    const words = {
      columns,
      key: columns.map((column) => `row.${quoteName(column)}`).join(', '),
      names: columns.join(', '),
      load_id: loadId,
      differs: isKey ? differs(feed) : 'true',
    };
    const known = async (target: Relation, first_load: string, condition: string) => {
      await client.query(statement('mend/set_known_aside', { ...words, target, first_load, condition }));
      await client.query(statement('mend/leave_out'));
    };
    if (!isShared) await known(table, loadId, 'true');
    else await known(table, 'first.load_id', isKey && feed.mode === 'append' ? 'true' : ofThisLoad);
    if (isKey && feed.mode === 'append' && !isShared)
      await known(agencyTable(feed, agency), 'first.load_id', 'true');
    if (isKey && feed.mode === 'upsert' && isShared) {
      await client.query(statement('mend/set_overtaken_aside', { ...words, target: table }));
      await client.query(statement('mend/leave_out'));
    }
    await client.query(statement('mend/set_repeated_aside', words));
    await client.query(statement('mend/leave_out'));
  }
}

/** Tells how many rows the server took. */
export async function addCorrected(client: Client, subject: MendSubject, feed: Feed): Promise<number> {
  const { table, isShared } = placeOf(subject, feed);
  const columns = filledColumns(feed);
  const words = { target: table, columns };
  const excluded = columns.map((column) => `excluded.${quoteName(column)}`).join(', ');
  const sql = isShared
    ? statement('mend/add_to_table', { ...words, load_id: subject.loadId, key: feed.key!, excluded })
    : statement('mend/add_to_version', words);
  return (await client.query(sql)).rowCount ?? 0;
}
