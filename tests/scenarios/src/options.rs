//! The options of an edge: a level, and words like `on-edit=detach`.

use kalends_core::graph::{DetailLevel, EdgeOptions, OnDelete, OnEdit};

use crate::words::{Trouble, Words};

/// Reads options up to the end of the line, and whether the edge goes both ways.
pub(crate) fn read(words: &mut Words) -> Result<(Box<EdgeOptions>, bool), Trouble> {
    let mut options = Box::new(EdgeOptions::default());
    let mut two_way = false;
    let level = words.next("`busy`, `title` or `full`")?;
    options.level = match level.as_str() {
        "busy" => DetailLevel::Busy,
        "title" => DetailLevel::Title,
        "full" => DetailLevel::Full,
        other => {
            return Err(words.trouble(format!("`{other}` is neither busy, title nor full")));
        }
    };
    while let Some(word) = words.maybe() {
        match word.split_once('=').unwrap_or((&word, "")) {
            ("two-way", "") => two_way = true,
            ("private-grant", "") => options.private_grant = true,
            ("with-free", "") => options.filters.with_free = true,
            ("skip-all-day", "") => options.filters.skip_all_day = true,
            ("skip", keyword) => options.filters.skip_keywords.push(keyword.to_owned()),
            ("only", keyword) => options.filters.only_keywords.push(keyword.to_owned()),
            ("titled", template) => options.title = Some(template.to_owned()),
            ("on-edit", "revert") => options.on_edit = OnEdit::Revert,
            ("on-edit", "propagate") => options.on_edit = OnEdit::Propagate,
            ("on-edit", "detach") => options.on_edit = OnEdit::Detach,
            ("on-delete", "restore") => options.on_delete = OnDelete::Restore,
            ("on-delete", "propagate") => options.on_delete = OnDelete::Propagate,
            ("on-delete", "detach") => options.on_delete = OnDelete::Detach,
            _ => return Err(words.trouble(format!("`{word}` is no option of an edge"))),
        }
    }
    Ok((options, two_way))
}
