//! Keys as text.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};

/// The text is no key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a sealing key is 32 bytes as 64 hex digits or as base64")]
pub struct NoKeyText;

/// Reads keys, each as 64 hex digits or as base64, with white space or commas between them.
///
/// # Errors
/// [`NoKeyText`] where one of them is none, or there is none.
pub fn read_keys(text: &str) -> Result<Vec<[u8; 32]>, NoKeyText> {
    let words = text.split(|c: char| c.is_whitespace() || c == ',');
    let keys: Result<Vec<_>, _> = words.filter(|word| !word.is_empty()).map(read_key).collect();
    keys.and_then(|keys| if keys.is_empty() { Err(NoKeyText) } else { Ok(keys) })
}

fn read_key(text: &str) -> Result<[u8; 32], NoKeyText> {
    if text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        let mut key = [0; 32];
        for (byte, digits) in key.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
            let digits = core::str::from_utf8(digits).map_err(|_| NoKeyText)?;
            *byte = u8::from_str_radix(digits, 16).map_err(|_| NoKeyText)?;
        }
        return Ok(key);
    }
    let forms = [STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD];
    let bytes = forms.iter().find_map(|form| form.decode(text).ok()).ok_or(NoKeyText)?;
    bytes.try_into().map_err(|_| NoKeyText)
}
