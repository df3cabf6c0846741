//! Commands of whoever operates a data folder.

use std::path::PathBuf;

use clap::Args;

/// Who is erased.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  kalends erase --certificate erased.json
  kalends erase --user alice --yes
  kalends erase --user alice --yes --abandon work
  kalends erase --user alice --call-off

Mirrors at providers go first, then sign-ins, then every row here, keys too. Where a provider cannot be
reached, the command says so and ends with 3: run it again later, or leave what that account holds with
--abandon. Until the first row is deleted, --call-off keeps what is not gone yet: edges come back, and accounts that
went already are to be added again. The owner's graph stays, empty. Copies of the file that others made are not reached.")]
pub(crate) struct EraseArgs {
    /// Whom [default: whose the command line's calendars are]
    #[arg(long, value_name = "NAME")]
    pub(crate) user: Option<String>,
    /// Leave the mirrors of this account where they are; may be given several times
    #[arg(long, value_name = "ACCOUNT")]
    pub(crate) abandon: Vec<String>,
    /// Do not ask
    #[arg(long)]
    pub(crate) yes: bool,
    /// Write the certificate to this file
    #[arg(long, value_name = "FILE")]
    pub(crate) certificate: Option<PathBuf>,
    /// Call off an erasure that waits for a provider: what is not gone yet stays
    #[arg(long, conflicts_with_all = ["abandon", "certificate", "yes"])]
    pub(crate) call_off: bool,
}

/// How the sealing key is changed.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  kalends rotate-key
  kalends rotate-key --keep-old
  kalends rotate-key --reseal-only

A new key comes before the others in kalends.key; processes that run see it within a second. Then every
credential, every change in the journal and every object set aside is sealed anew, and the old keys go.
Where it is broken off, both keys are in the file and everything opens: run it again with --reseal-only.
Backups that were made before need the old key: keep it with them.")]
pub(crate) struct RotateArgs {
    /// Leave the old keys in the file
    #[arg(long)]
    pub(crate) keep_old: bool,
    /// Make no new key: go on where a rotation broke off, or where KALENDS_KEY holds a new one
    #[arg(long)]
    pub(crate) reseal_only: bool,
}
