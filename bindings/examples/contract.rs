//! Prints the contract, for whoever generates bindings.

fn main() {
    #[expect(clippy::print_stdout, reason = "it is what the program is for")]
    {
        println!("{}", kalends_ffi::contract());
    }
}
