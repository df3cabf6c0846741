//! The README shows this program as it is.

#[test]
fn the_readme_shows_the_whole_program() {
    let readme = include_str!("../../../README.md");
    assert!(
        readme.contains(include_str!("../src/main.rs")),
        "copy examples/embed/src/main.rs into the README's code block"
    );
}
