//! Microsoft as a place to sign in: which directories, where, for what, and with which parameters,
//! as data (the identity platform's version 2).

use kalends_kit::oauth::OauthClient;

use crate::context::encoded;

const PLACE: &str = "https://login.microsoftonline.com";
/// What is asked for: to read and write calendars, since there is no right to some of them alone;
/// the mailbox's zone; whose it is; and to go on without the person.
const SCOPES: [&str; 4] =
    ["Calendars.ReadWrite", "MailboxSettings.Read", "User.Read", "offline_access"];
/// The same rights of Graph, as an administrator grants them.
const GRANTED: &str = "https://graph.microsoft.com/";

/// Whose accounts sign in.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Tenant {
    /// Of any organisation, and personal ones.
    #[default]
    Common,
    /// Of any organisation.
    Organizations,
    /// Personal ones.
    Consumers,
    /// Of one organisation, by its id or one of its domains.
    Directory(String),
}

impl Tenant {
    /// Reads the words that Microsoft has for it: `common`, `organizations`, `consumers`, an id or
    /// a domain. `None`: it can be none of them.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let fits = |c: char| c.is_ascii_alphanumeric() || "-.".contains(c);
        match text.to_ascii_lowercase().as_str() {
            "common" => Some(Self::Common),
            "organizations" => Some(Self::Organizations),
            "consumers" => Some(Self::Consumers),
            other => {
                let is_name = other.chars().all(fits) && other.contains(['-', '.']);
                let is_bare = other.starts_with(['.', '-']) || other.ends_with(['.', '-']);
                (is_name && !is_bare).then(|| Self::Directory(other.to_owned()))
            }
        }
    }

    fn path(&self) -> &str {
        match self {
            Self::Common => "common",
            Self::Organizations => "organizations",
            Self::Consumers => "consumers",
            Self::Directory(name) => name,
        }
    }
}

/// A program that Microsoft knows, with its secret where it has one (web programs do).
///
/// `auth` is another address to sign in at, without a slash at its end: a national cloud's, a
/// simulator's or a proxy's.
#[must_use]
pub fn oauth_client(
    id: &str,
    secret: Option<&str>,
    auth: Option<&str>,
    tenant: &Tenant,
) -> OauthClient {
    let at = |what: &str| format!("{}/{}/oauth2/v2.0/{what}", place(auth), tenant.path());
    // Who is signed in to several accounts chooses one.
    let extra = [("response_mode", "query"), ("prompt", "select_account")];
    OauthClient {
        authorize: at("authorize"),
        token: at("token"),
        // A grant is ended by its owner, on a page of Microsoft.
        revoke: None,
        id: id.to_owned(),
        secret: secret.map(str::to_owned),
        scopes: SCOPES.map(str::to_owned).to_vec(),
        extra: extra.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
    }
}

/// The page where an administrator allows the program for everyone of an organisation: what is to
/// be done where a sign-in ends with
/// [`Consent`](kalends_kit::oauth::SignInError::Consent). Personal accounts have no
/// administrator.
#[must_use]
pub fn admin_consent(id: &str, auth: Option<&str>, tenant: &Tenant, redirect: &str) -> String {
    let tenant = match tenant {
        Tenant::Common | Tenant::Organizations | Tenant::Consumers => "organizations",
        Tenant::Directory(name) => name,
    };
    let scopes = SCOPES.iter().filter(|scope| **scope != "offline_access");
    let scopes: Vec<String> = scopes.map(|scope| format!("{GRANTED}{scope}")).collect();
    format!(
        "{}/{tenant}/v2.0/adminconsent?client_id={}&scope={}&redirect_uri={}",
        place(auth),
        encoded(id),
        encoded(&scopes.join(" ")),
        encoded(redirect),
    )
}

fn place(auth: Option<&str>) -> &str {
    auth.map_or(PLACE, |auth| auth.trim_end_matches('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tenants_are_words_ids_or_domains() {
        let id = "2d1e4b46-5ffc-4f1a-9f2a-0d5d8b0a2c11";
        for (text, tenant) in [
            ("common", Tenant::Common),
            ("Organizations", Tenant::Organizations),
            ("consumers", Tenant::Consumers),
            (id, Tenant::Directory(id.to_owned())),
            ("Contoso.example", Tenant::Directory("contoso.example".to_owned())),
        ] {
            assert_eq!(Tenant::parse(text), Some(tenant), "{text}");
        }
        for text in ["", "contoso", "a.example/x", "../common", ".", "a b.example", "-"] {
            assert_eq!(Tenant::parse(text), None, "{text}");
        }
    }

    #[test]
    fn the_least_is_asked_for_at_the_tenant() {
        let client = oauth_client("id", None, None, &Tenant::Common);
        assert_eq!(client.authorize, format!("{PLACE}/common/oauth2/v2.0/authorize"));
        assert_eq!(client.scopes, SCOPES);
        assert!(client.revoke.is_none());
        let tenant = Tenant::Directory("contoso.example".to_owned());
        let there = oauth_client("id", Some("hush"), Some("http://127.0.0.1:8/"), &tenant);
        assert_eq!(there.token, "http://127.0.0.1:8/contoso.example/oauth2/v2.0/token");
        assert_eq!(there.secret.as_deref(), Some("hush"));
    }

    #[test]
    fn an_administrator_is_asked_for_an_organisation() {
        let page = admin_consent("id", None, &Tenant::Common, "http://localhost");
        let begin = format!("{PLACE}/organizations/v2.0/adminconsent?client_id=id&scope=");
        assert!(page.starts_with(&begin), "{page}");
        assert!(page.contains("graph.microsoft.com%2FCalendars.ReadWrite%20https"), "{page}");
        assert!(page.ends_with("&redirect_uri=http%3A%2F%2Flocalhost"), "{page}");
        assert!(!page.contains("offline_access"));
        let tenant = Tenant::Directory("contoso.example".to_owned());
        assert!(admin_consent("id", None, &tenant, "x").contains("/contoso.example/v2.0/"));
    }
}
