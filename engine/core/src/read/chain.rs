//! Verifying the journal: numbers without gaps, links, payloads.

use sha2::{Digest, Sha256};

use crate::journal::{Entry, Head, Payload};

/// Follows the journal from its first entry; feed it every entry in order, then the head.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Chain {
    head: Head,
    erased: u64,
}

/// Where a journal does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the journal does not hold at entry {seq}: {fault}")]
pub struct Broken {
    /// The number of the entry that was expected or is wrong.
    pub seq: u64,
    /// What is wrong with it.
    pub fault: Fault,
}

/// What is wrong with an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, thiserror::Error)]
pub enum Fault {
    /// Another number stands there.
    #[error("an entry is missing, doubled or out of order")]
    Number,
    /// Its hash does not follow from the entry before and its own fields.
    #[error("its fields were changed, or those of an entry before it")]
    Link,
    /// The payload is not the one that was recorded.
    #[error("its payload was changed")]
    Payload,
    /// The graph says that the journal ends elsewhere.
    #[error("the journal ends before the graph's own record of it, or goes on behind it")]
    End,
}

impl Chain {
    /// Follows one entry. `payload`: `None` where it was erased, which the chain allows.
    ///
    /// # Errors
    /// [`Broken`] names the first entry that does not hold.
    pub fn follow(&mut self, entry: &Entry, payload: Option<&Payload>) -> Result<(), Broken> {
        let seq = self.head.seq + 1;
        let broken = |fault| Broken { seq, fault };
        if entry.seq != seq {
            return Err(broken(Fault::Number));
        }
        if entry.link(&self.head.hash) != entry.hash {
            return Err(broken(Fault::Link));
        }
        match payload {
            Some(payload) if <[u8; 32]>::from(Sha256::digest(&payload.0)) != entry.payload_hash => {
                return Err(broken(Fault::Payload));
            }
            Some(_) => {}
            None => self.erased += 1,
        }
        self.head = entry.head();
        Ok(())
    }

    /// Holds the end against the head that the graph records. How many entries there are, and of
    /// how many the payload was erased.
    ///
    /// # Errors
    /// [`Broken`] where entries are missing at the end.
    pub fn end(&self, head: &Head) -> Result<(u64, u64), Broken> {
        if *head == self.head {
            Ok((self.head.seq, self.erased))
        } else {
            Err(Broken { seq: self.head.seq.min(head.seq) + 1, fault: Fault::End })
        }
    }
}
