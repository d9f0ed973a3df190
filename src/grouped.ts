/** `1204` as 1,204, in thousandths at most. Node takes 4 ms to learn how to write a number for a place, where a small load takes 60. */
export function grouped(value: number): string {
  const [whole, fraction] = String(Number(value.toFixed(3))).split('.');
  return whole!.replace(/\B(?=(\d{3})+$)/g, ',') + (fraction === undefined ? '' : `.${fraction}`);
}
