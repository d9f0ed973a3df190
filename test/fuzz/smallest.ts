/** The smallest file that still fails, by leaving out pieces of it, from halves down to single bytes. */
export async function smallest(
  file: Buffer,
  fails: (file: Buffer) => Promise<boolean>,
  mostTries = 3000,
): Promise<Buffer> {
  let tries = 0;
  for (let size = Math.ceil(file.length / 2); size >= 1;) {
    let smaller = false;
    for (let at = 0; at < file.length;) {
      if (++tries > mostTries) return file;
      const without = Buffer.concat([file.subarray(0, at), file.subarray(at + size)]);
      if (without.length < file.length && (await fails(without))) {
        file = without;
        smaller = true;
      } else at += size;
    }
    if (size > 1) size = Math.ceil(size / 2);
    else if (!smaller) return file;
  }
  return file;
}
