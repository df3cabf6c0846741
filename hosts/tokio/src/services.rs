//! Where a domain says that its calendars are (RFC 6764).

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use hickory_resolver::TokioResolver;
use hickory_resolver::config::{ConnectionConfig, NameServerConfig, ResolverConfig};
use hickory_resolver::net::NetError;
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::proto::rr::rdata::{SRV, TXT};
use hickory_resolver::proto::rr::{RData, RecordType};
use kalends_kit::{Url, same_site};

/// The longest wait for one name server, tried twice.
const WAIT: Duration = Duration::from_secs(5);

/// Asks the domain name system for services.
#[derive(Debug, Clone)]
pub struct Services {
    resolver: TokioResolver,
}

/// A calendar service that a domain names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    /// Its address, https.
    pub url: String,
    /// Whether it belongs to another site than the domain. The domain name system proves nothing:
    /// then a person has to say that the address is right before a password goes there (RFC 6764
    /// section 8).
    pub elsewhere: bool,
}

/// Why there is no service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ServiceError {
    /// What was given is no domain.
    #[error("this is no domain: give an address that begins with https://")]
    Domain,
    /// The domain says that it has none (RFC 2782: the target is `.`).
    #[error("the domain says that it has no calendar service")]
    Absent,
    /// The name servers gave no answer.
    #[error(
        "the name servers do not answer: try later, or give an address that begins with https://"
    )]
    Unreachable,
}

impl Services {
    /// With the name servers of this machine.
    ///
    /// # Errors
    /// [`ServiceError::Unreachable`] where it has none.
    pub fn of_this_machine() -> Result<Self, ServiceError> {
        let builder = TokioResolver::builder_tokio().map_err(|_| ServiceError::Unreachable)?;
        let resolver = builder.build().map_err(|_| ServiceError::Unreachable)?;
        Ok(Self { resolver })
    }

    /// With one name server.
    ///
    /// # Errors
    /// [`ServiceError::Unreachable`] where it cannot be set up.
    pub fn at(server: SocketAddr) -> Result<Self, ServiceError> {
        let connections =
            [ConnectionConfig::udp(), ConnectionConfig::tcp()].map(|mut connection| {
                connection.port = server.port();
                connection
            });
        let server = NameServerConfig::new(server.ip(), true, connections.to_vec());
        let config = ResolverConfig::from_parts(None, Vec::new(), vec![server]);
        let runtime = TokioRuntimeProvider::default();
        let mut builder = TokioResolver::builder_with_config(config, runtime);
        builder.options_mut().timeout = WAIT;
        builder.options_mut().attempts = 1;
        let resolver = builder.build().map_err(|_| ServiceError::Unreachable)?;
        Ok(Self { resolver })
    }

    /// The CalDAV service of a domain, or of the domain of a mail address; `None` where the domain
    /// says nothing, and is best tried itself.
    ///
    /// Only the service over TLS is looked for: an answer that nobody signed must not lead to a
    /// connection that everybody reads.
    ///
    /// # Errors
    /// [`ServiceError`] says what to do.
    pub async fn caldav(&self, domain: &str) -> Result<Option<Service>, ServiceError> {
        let domain = domain_of(domain).ok_or(ServiceError::Domain)?;
        let name = format!("_caldavs._tcp.{domain}.");
        let places: Vec<SRV> =
            self.ask(&name, RecordType::SRV).await?.into_iter().filter_map(srv).collect();
        // The lowest priority first, then the heaviest: one client needs no fair share.
        let best = places.into_iter().min_by_key(|srv| (srv.priority, u16::MAX - srv.weight));
        let Some(best) = best else { return Ok(None) };
        if best.target.is_root() {
            return Err(ServiceError::Absent);
        }
        // Without a path the well-known place is asked, whatever else the answer says.
        let told = self.ask(&name, RecordType::TXT).await.unwrap_or_default();
        let path = told.iter().find_map(path).unwrap_or_default();
        let host = best.target.to_utf8();
        let host = host.trim_end_matches('.');
        let port = if best.port == 443 { String::new() } else { format!(":{}", best.port) };
        let url =
            Url::parse(&format!("https://{host}{port}/")).map_err(|_| ServiceError::Absent)?;
        let url = url.join(&path).map_err(|_| ServiceError::Absent)?;
        let asked = Url::parse(&format!("https://{domain}/")).map_err(|_| ServiceError::Domain)?;
        let elsewhere = !same_site(&asked, &url);
        Ok(Some(Service { url: url.to_string(), elsewhere }))
    }

    async fn ask(&self, name: &str, kind: RecordType) -> Result<Vec<RData>, ServiceError> {
        match self.resolver.lookup(name, kind).await {
            Ok(found) => Ok(found.answers().iter().map(|record| record.data.clone()).collect()),
            Err(error) if NetError::is_no_records_found(&error) => Ok(Vec::new()),
            Err(_) => Err(ServiceError::Unreachable),
        }
    }
}

/// `example.org`, `user@example.org` or `example.org/`: the domain, lower case.
fn domain_of(text: &str) -> Option<String> {
    let domain = text.rsplit_once('@').map_or(text, |(_, domain)| domain);
    let domain = domain.trim().trim_end_matches('/').trim_end_matches('.').to_lowercase();
    let labels = domain.split('.');
    let named = labels.clone().count() > 1 && domain.parse::<IpAddr>().is_err();
    let spelled = |label: &str| {
        !label.is_empty() && label.chars().all(|c| c.is_alphanumeric() || c == '-' || c == '_')
    };
    (named && labels.into_iter().all(spelled)).then_some(domain)
}

fn srv(data: RData) -> Option<SRV> {
    if let RData::SRV(srv) = data { Some(srv) } else { None }
}

/// `path=/dav/` of a TXT record (RFC 6764 section 4).
fn path(data: &RData) -> Option<String> {
    let RData::TXT(TXT { txt_data, .. }) = data else { return None };
    txt_data.iter().find_map(|part| {
        let text = std::str::from_utf8(part).ok()?;
        let (key, value) = text.split_once('=')?;
        // One slash: two would name another host.
        let is_path = value.starts_with('/') && !value.starts_with("//");
        (key.eq_ignore_ascii_case("path") && is_path).then(|| value.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn domains_are_told_from_other_words() {
        for (text, domain) in [
            ("example.org", Some("example.org")),
            ("Example.ORG./", Some("example.org")),
            ("alice@dav.example.org", Some("dav.example.org")),
            ("localhost", None),
            ("10.0.0.1", None),
            ("a b.org", None),
            ("example.org:8443", None),
            ("a..b", None),
        ] {
            assert_eq!(domain_of(text).as_deref(), domain, "{text}");
        }
    }
}
