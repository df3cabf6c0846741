//! `uniffi-bindgen generate LIBRARY --language python|kotlin|swift --out-dir DIR`

fn main() {
    uniffi::uniffi_bindgen_main();
}
