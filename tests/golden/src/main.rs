//! Ends with an error where this machine decides otherwise than was recorded. `cargo xtask wasm`
//! runs it on wasm32.

fn main() {
    kalends_golden::check();
}
