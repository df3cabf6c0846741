// Runs the statements of a commit, one after the other, in one call from the module: to cross over once
// for each value takes longer than SQLite does. `packed` is what pack.rs beside this file writes.
export function runAll(sql, texts, packed) {
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength);
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  let at = 0;
  const number = () => view.getUint32((at += 4) - 4, true);
  const bytes = () => {
    const length = number();
    return packed.subarray(at, (at += length));
  };
  const value = () => {
    switch (packed[at++]) {
      case 0:
        return null;
      case 1:
        return view.getFloat64((at += 8) - 8, true);
      case 2:
        return decoder.decode(bytes());
      default:
        return bytes();
    }
  };
  while (at < packed.length) {
    const text = texts[number()];
    const values = Array.from({ length: number() }, value);
    // A statement that is not read to its end keeps the transaction open.
    sql.exec(text, ...values).toArray();
  }
}
