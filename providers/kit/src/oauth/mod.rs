//! OAuth 2 without IO: the address to sign in at, the requests for tokens, and their answers
//! (RFC 6749, RFC 7636, RFC 8252).

mod answer;
mod ask;
mod attempt;
mod client;
mod end;
mod scopes;
mod token_file;

pub use answer::tokens;
pub use ask::ask_for_tokens;
pub use attempt::{Attempt, SignInError};
pub use client::OauthClient;
pub use end::{GrantEnd, end_grant};
pub use scopes::missing_scopes;
pub use token_file::{TokenFile, TokenFileError};
