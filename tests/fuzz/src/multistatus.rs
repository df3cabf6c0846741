//! The reader of WebDAV's answers.

use kalends_kit::{Element, XmlFault, XmlLimits, XmlReader};

/// An answer: read in one piece and in pieces of seven bytes it gives the same trees.
///
/// # Panics
/// Where that is not so.
pub fn multistatus(bytes: &[u8]) {
    let (whole, pieces) = (read(bytes, bytes.len().max(1)), read(bytes, 7));
    assert_eq!(whole.0, pieces.0);
    assert_eq!(whole.1.is_ok(), pieces.1.is_ok(), "{:?} {:?}", whole.1, pieces.1);
}

fn read(bytes: &[u8], size: usize) -> (Vec<Element>, Result<(), XmlFault>) {
    let mut reader = XmlReader::new(XmlLimits::default());
    let mut trees = Vec::new();
    for piece in bytes.chunks(size) {
        reader.push(piece);
        loop {
            match reader.next_tree() {
                Ok(Some(tree)) => trees.push(tree),
                Ok(None) => break,
                Err(fault) => return (trees, Err(fault)),
            }
        }
    }
    let end = reader.finish();
    (trees, end)
}
