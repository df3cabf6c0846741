//! Prints the contract, for whoever generates bindings. It reads what the library reads, as a
//! library that other programs link gets no optimisation across crates.

#[path = "../../src/declared.rs"]
mod declared;

fn main() {
    #[expect(clippy::print_stdout, reason = "it is what the program is for")]
    {
        println!("{}", declared::hash());
    }
}
