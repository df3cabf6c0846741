//! Query options: which are taken, what they select, and how pages follow one another.

mod evaluate;
mod expression;
mod lexer;
mod options;
mod pages;

pub(crate) use evaluate::folded;
pub(crate) use options::{Query, encode};
pub(crate) use pages::{check_names, narrow, page};
