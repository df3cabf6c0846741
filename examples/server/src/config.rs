//! The server's settings from a file. Flags come before the environment, that before the file, and the
//! file before what holds by default.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::{self, Deserializer};

use crate::args::{LogFlag, return_address};
use crate::error::CliError;

/// Names the file.
pub(crate) const VARIABLE: &str = "KALENDS_CONFIG";
/// Where it lies by default, in the data folder.
const FILE: &str = "kalends.toml";

/// What a file may say. A word that is not known is an error, and a value that does not fit too.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FileConfig {
    #[serde(default)]
    pub(crate) serve: ServeConfig,
}

/// The settings of `kalends serve`, named as its flags are.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct ServeConfig {
    pub(crate) listen: Option<SocketAddr>,
    pub(crate) public: Option<String>,
    #[serde(default, deserialize_with = "seconds")]
    pub(crate) every: Option<u32>,
    #[serde(default, deserialize_with = "seconds")]
    pub(crate) compare: Option<u32>,
    #[serde(default, deserialize_with = "addresses")]
    pub(crate) return_to: Option<Vec<String>>,
    pub(crate) rate: Option<u32>,
    #[serde(default, deserialize_with = "days")]
    pub(crate) keep_history: Option<u32>,
    pub(crate) log: Option<LogFlag>,
    pub(crate) allow_private: Option<bool>,
}

fn seconds<'de, D: Deserializer<'de>>(from: D) -> Result<Option<u32>, D::Error> {
    match u32::deserialize(from)? {
        ..5 => Err(de::Error::custom("every and compare are 5 at least")),
        seconds => Ok(Some(seconds)),
    }
}

fn days<'de, D: Deserializer<'de>>(from: D) -> Result<Option<u32>, D::Error> {
    match u32::deserialize(from)? {
        0 => Err(de::Error::custom("keep-history is 1 at least: leave it out to keep all")),
        days => Ok(Some(days)),
    }
}

fn addresses<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Vec<String>>, D::Error> {
    let list = Vec::<String>::deserialize(from)?;
    let read: Result<Vec<_>, _> = list.iter().map(|text| return_address(text)).collect();
    read.map(Some).map_err(de::Error::custom)
}

/// The file that is named, which must be there, or the data folder's, which need not.
pub(crate) fn found(
    folder: &Path,
    named: Option<PathBuf>,
) -> Result<Option<(PathBuf, FileConfig)>, CliError> {
    let file = named.clone().unwrap_or_else(|| folder.join(FILE));
    let text = match fs::read_to_string(&file) {
        Ok(text) => text,
        Err(error) if named.is_none() && error.kind() == std::io::ErrorKind::NotFound => {
            return Ok(None);
        }
        Err(error) => return Err(CliError::file(&file.display().to_string(), &error)),
    };
    match toml::from_str(&text) {
        Ok(config) => Ok(Some((file, config))),
        Err(error) => {
            let (shown, error) = (file.display(), error.to_string());
            Err(CliError::usage(format!("{shown}: {}", error.trim_end())))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn read(text: &str) -> Result<FileConfig, String> {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(FILE), text).unwrap();
        let read = found(folder.path(), None).map_err(|error| error.message)?;
        Ok(read.unwrap().1)
    }

    /// Catches a setting that does nothing because its name is misspelt, or its value does not fit.
    #[test]
    fn words_that_are_not_known_and_values_that_do_not_fit_are_errors() {
        let whole = "[serve]\nlisten = \"127.0.0.1:1\"\npublic = \"https://x.org\"\nevery = 60\n\
            return-to = [\"https://a.org\"]\nrate = 0\nlog = \"json\"\nallow-private = true\n";
        let config = read(whole).unwrap().serve;
        assert_eq!((config.every, config.log), (Some(60), Some(LogFlag::Json)));
        assert_eq!(config.return_to, Some(vec!["https://a.org".to_owned()]));
        assert_eq!(read("").unwrap(), FileConfig::default());
        for wrong in [
            "[serve]\nlisten-at = \"127.0.0.1:1\"",
            "[server]\nrate = 1",
            "[serve]\nevery = 1",
            "[serve]\nlisten = \"here\"",
            "[serve]\nreturn-to = [\"javascript:x\"]",
            "[serve]\nlog = \"loud\"",
            "[serve",
        ] {
            assert!(read(wrong).unwrap_err().contains(FILE), "{wrong}");
        }
        let nowhere = found(Path::new("/nonexistent"), Some(PathBuf::from("/nonexistent/x")));
        assert!(nowhere.is_err(), "a file that is named must be there");
        assert_eq!(found(Path::new("/nonexistent"), None).unwrap(), None);
    }
}
