//! The graph secret and what is derived from it: ids, and the signatures of marks.

use core::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::ids::{AccountId, CalendarId, EdgeId, EventId, GraphId, MeetingId, MessageId};
use crate::mirror::PartKey;

/// The graph's id and its 32-byte secret, from which ids and mark signatures are derived.
///
/// Part of the graph's bundle; never rotated with the sealing key.
#[derive(Clone, PartialEq, Eq)]
pub struct GraphKeys {
    /// The graph.
    pub graph: GraphId,
    /// Its secret.
    pub secret: [u8; 32],
}

impl fmt::Debug for GraphKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GraphKeys").field("graph", &self.graph).finish_non_exhaustive()
    }
}

impl GraphKeys {
    /// An account's id, from the provider's kind and its own name of the account holder.
    #[must_use]
    pub fn account(&self, provider: &str, subject: &str) -> AccountId {
        AccountId::from_bytes(self.derive("account", &[provider.as_bytes(), subject.as_bytes()]))
    }

    /// A calendar's id, from the account and the provider's calendar id.
    #[must_use]
    pub fn calendar(&self, account: AccountId, provider_id: &str) -> CalendarId {
        CalendarId::from_bytes(
            self.derive("calendar", &[account.as_bytes(), provider_id.as_bytes()]),
        )
    }

    /// The id of an account's overlay, which is there before the provider has one for it.
    #[must_use]
    pub fn overlay(&self, account: AccountId) -> CalendarId {
        CalendarId::from_bytes(self.derive("overlay", &[account.as_bytes()]))
    }

    /// An event's id: from its iCalendar UID and, for an instance invited alone, its recurrence
    /// id; `ordinal` counts where one calendar holds two things under one UID.
    #[must_use]
    pub fn event(&self, uid: &str, instance: &str, ordinal: u32) -> EventId {
        EventId::from_bytes(
            self.derive("event", &[uid.as_bytes(), instance.as_bytes(), &ordinal.to_be_bytes()]),
        )
    }

    /// The id under which a mirror part is created at a provider: 26 characters of base32hex,
    /// another for each generation.
    #[must_use]
    pub fn part(&self, event: EventId, edge: EdgeId, part: PartKey, generation: u32) -> String {
        let bytes = self.derive(
            "part",
            &[event.as_bytes(), edge.as_bytes(), &part.to_bytes(), &generation.to_be_bytes()],
        );
        base32hex(&bytes)
    }

    /// The id of what this graph says of a meeting to another graph: said again, it is the same
    /// message.
    #[must_use]
    pub fn message(&self, meeting: MeetingId, word: &str, to: GraphId) -> MessageId {
        let fields: [&[u8]; 3] = [meeting.as_bytes(), word.as_bytes(), to.as_bytes()];
        MessageId::from_bytes(self.derive("message", &fields))
    }

    /// 16 bytes that only a holder of the secret can make, from a label and fields.
    #[must_use]
    pub fn derive(&self, label: &str, fields: &[&[u8]]) -> [u8; 16] {
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&self.sign(label, fields)[..16]);
        bytes
    }

    fn sign(&self, label: &str, fields: &[&[u8]]) -> [u8; 32] {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.secret)
            .unwrap_or_else(|_| unreachable!("HMAC takes a key of any length"));
        mac.update(self.graph.as_bytes());
        for field in core::iter::once(label.as_bytes()).chain(fields.iter().copied()) {
            mac.update(&(field.len() as u64).to_be_bytes());
            mac.update(field);
        }
        mac.finalize().into_bytes().into()
    }
}

/// Lower-case base32hex (RFC 4648 section 7) without padding: letters and digits that no provider
/// needs to escape.
#[must_use]
pub fn base32hex(bytes: &[u8]) -> String {
    Base32Hex(bytes).to_string()
}

/// Bytes that print as [`base32hex`] has them.
pub(crate) struct Base32Hex<'a>(pub(crate) &'a [u8]);

impl fmt::Display for Base32Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for chunk in self.0.chunks(40) {
            let mut digits = [0; 64];
            let count = write_base32hex(chunk, &mut digits);
            f.write_str(core::str::from_utf8(&digits[..count]).unwrap_or_default())?;
        }
        Ok(())
    }
}

/// Writes the digits of [`base32hex`] where there is room for whole groups of eight; how many they are.
pub(crate) fn write_base32hex(bytes: &[u8], digits: &mut [u8]) -> usize {
    const DIGITS: &[u8; 32] = b"0123456789abcdefghijklmnopqrstuv";
    let mut count = 0;
    // Five bytes are eight digits.
    for (five, eight) in bytes.chunks(5).zip(digits.chunks_exact_mut(8)) {
        let mut word = [0; 8];
        word[..five.len()].copy_from_slice(five);
        let bits = u64::from_be_bytes(word);
        for (digit, shift) in eight.iter_mut().zip((24..64).step_by(5).rev()) {
            *digit = DIGITS[(bits >> shift) as usize & 31];
        }
        count += (five.len() * 8).div_ceil(5);
    }
    count
}

/// Reads what [`base32hex`] wrote; `None` for any other character.
#[must_use]
pub fn from_base32hex(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() * 5 / 8);
    let (mut buffer, mut bits) = (0_u32, 0_u32);
    for c in text.chars() {
        let digit = c.to_digit(32)?;
        buffer = buffer << 5 | digit;
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            bytes.push((buffer >> bits) as u8);
        }
    }
    Some(bytes)
}

/// Compares what somebody shows with a secret, without stopping at the first difference: how long it
/// takes tells nothing of where that is.
#[must_use]
pub fn same_time_for_all(a: &[u8], b: &[u8]) -> bool {
    let difference = a.iter().zip(b).fold(0, |sum, (a, b)| sum | (a ^ b));
    a.len() == b.len() && core::hint::black_box(difference) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(secret: u8) -> GraphKeys {
        GraphKeys { graph: GraphId::from_bytes([1; 16]), secret: [secret; 32] }
    }

    #[test]
    fn derived_ids_depend_on_every_field() {
        let (event, edge) = (EventId::from_bytes([2; 16]), EdgeId::from_bytes([3; 16]));
        let base = keys(1).part(event, edge, PartKey::Whole, 0);
        assert_eq!(base.len(), 26);
        assert_eq!(base, keys(1).part(event, edge, PartKey::Whole, 0));
        assert_ne!(base, keys(1).part(event, edge, PartKey::Whole, 1));
        assert_ne!(base, keys(2).part(event, edge, PartKey::Whole, 0));
        assert_ne!(keys(1).event("ab", "c", 0), keys(1).event("a", "bc", 0));
    }

    #[test]
    fn base32hex_reads_back() {
        let bytes = [0_u8, 1, 2, 250, 255, 17, 99];
        assert_eq!(from_base32hex(&base32hex(&bytes)).as_deref(), Some(&bytes[..]));
        assert_eq!(from_base32hex("zz"), None);
    }
}
