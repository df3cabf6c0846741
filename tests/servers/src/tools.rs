//! Where the programs are that `cargo xtask test` installed.

use std::path::{Path, PathBuf};
use std::{env, fs};

use crate::server::StartError;

/// The folder of installed programs: `KALENDS_TOOLS`, or `.tools` at the root of the workspace.
#[derive(Clone, Debug)]
pub struct Tools(PathBuf);

impl Tools {
    /// Finds the folder; whether anything is in it shows when it is asked for.
    #[must_use]
    pub fn find() -> Self {
        let default = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.tools");
        let dir = env::var_os("KALENDS_TOOLS").map_or_else(default, PathBuf::from);
        Self(dir.canonicalize().unwrap_or(dir))
    }

    /// The Python that has the client library `caldav`, `dateutil` and `tzdata`.
    ///
    /// # Errors
    ///
    /// When it is not installed.
    pub fn python(&self) -> Result<PathBuf, StartError> {
        self.in_venv("python")
    }

    /// The Python that has schemathesis.
    ///
    /// # Errors
    ///
    /// When it is not installed.
    pub fn judge(&self) -> Result<PathBuf, StartError> {
        self.in_folder("judge", "python")
    }

    /// The inspector of the Model Context Protocol.
    ///
    /// # Errors
    ///
    /// When it is not installed.
    pub fn inspector(&self) -> Result<PathBuf, StartError> {
        self.there("inspector/node_modules/.bin/mcp-inspector")
    }

    /// What judges servers of the Model Context Protocol, a script.
    ///
    /// # Errors
    ///
    /// When it is not installed.
    pub fn conformance(&self) -> Result<PathBuf, StartError> {
        self.there("conformance/node_modules/@modelcontextprotocol/conformance/dist/index.js")
    }

    /// The folder below which a strict provider of sign-ins is found, `oidc/node_modules` in it.
    ///
    /// # Errors
    ///
    /// When it is not installed.
    pub fn oidc(&self) -> Result<&Path, StartError> {
        self.there("oidc/node_modules/oidc-provider").map(|_| self.folder())
    }

    /// A Node whose scripts find puppeteer and axe below the folder, and the browser they drive.
    ///
    /// # Errors
    ///
    /// When one of them is not installed.
    pub fn browser(&self) -> Result<PathBuf, StartError> {
        let missing = |what: &str| StartError::Missing(what.to_owned());
        let libraries = self.0.join("browser/node_modules/puppeteer-core");
        if !libraries.exists() {
            return Err(missing(&libraries.display().to_string()));
        }
        let names = ["chromium", "chromium-browser", "google-chrome"];
        let paths = env::var_os("PATH").unwrap_or_default();
        let found =
            names.iter().flat_map(|name| env::split_paths(&paths).map(move |dir| dir.join(name)));
        found.into_iter().find(|path| path.is_file()).ok_or_else(|| missing("chromium"))
    }

    /// The folder itself, for scripts that look for their libraries.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.0
    }

    /// The independent syncer that ours is measured beside.
    ///
    /// # Errors
    ///
    /// When it is not installed.
    pub fn vdirsyncer(&self) -> Result<PathBuf, StartError> {
        self.in_venv("vdirsyncer")
    }

    pub(crate) fn in_venv(&self, program: &str) -> Result<PathBuf, StartError> {
        self.in_folder("venv", program)
    }

    fn in_folder(&self, folder: &str, program: &str) -> Result<PathBuf, StartError> {
        self.there(&format!("{folder}/bin/{program}"))
    }

    /// What lies at a path of the folder.
    fn there(&self, path: &str) -> Result<PathBuf, StartError> {
        let path = self.0.join(path);
        if path.exists() { Ok(path) } else { Err(StartError::Missing(path.display().to_string())) }
    }

    /// Debian's PHP, once its SabreDAV is there as well.
    pub(crate) fn php(&self) -> Result<PathBuf, StartError> {
        let dirs = env::var_os("PATH").unwrap_or_default();
        let php = env::split_paths(&dirs).map(|dir| dir.join("php")).find(|php| php.exists());
        let library = Path::new("/usr/share/php/Sabre/autoload.php");
        match php {
            Some(php) if fs::metadata(library).is_ok() => Ok(php),
            Some(_) => Err(StartError::Missing("SabreDAV (Debian's php-sabre-dav)".into())),
            None => Err(StartError::Missing("php (Debian's php-cli)".into())),
        }
    }
}
