//! Arguments about single events.

use clap::{Args, Subcommand};

use crate::view::{BusyWord, PrivacyWord, StatusWord};

/// What can be done with an event.
#[derive(Debug, Subcommand)]
pub(crate) enum EventCommand {
    /// Make an event in the calendar own/main: edges from there carry it, and nobody is invited
    #[command(after_help = "\
Examples:
  kalends event add --title Planning --start 2026-03-02T09:00 --end 2026-03-02T10:00 --zone Europe/Berlin
  kalends event add --title Holiday --start 2026-03-02 --end 2026-03-05 --busy out-of-office
  kalends event add --title Stand-up --start 2026-03-02T09:00 --rule \"FREQ=WEEKLY;BYDAY=MO,WE\" --dry-run")]
    Add {
        #[command(flatten)]
        flags: Box<EventFlags>,
        /// Show what would be made, and make nothing
        #[arg(long)]
        dry_run: bool,
    },
    /// One event, as one calendar holds it
    #[command(after_help = "\
Examples:
  kalends event show evt_01J9Z3NDEKTSV4RRFFQ69G5FAV
  kalends event show evt_01J9Z3NDEKTSV4RRFFQ69G5FAV --calendar work/Calendar --json")]
    Show {
        /// Its id, from `events`
        id: String,
        /// The calendar that holds it, where several do
        #[arg(long, value_name = "NAME/CAL")]
        calendar: Option<String>,
    },
    /// Change an event where it lies, at its provider too; what is not named stays
    #[command(after_help = "\
Example:
  kalends event change evt_01J9Z3NDEKTSV4RRFFQ69G5FAV --title \"Planning, moved\" --start 2026-03-02T11:00")]
    Change {
        #[command(flatten)]
        which: WhichEvent,
        #[command(flatten)]
        flags: Box<EventFlags>,
    },
    /// Delete an event where it lies, at its provider too
    #[command(after_help = "\
Examples:
  kalends event remove evt_01J9Z3NDEKTSV4RRFFQ69G5FAV
  kalends event remove evt_01J9Z3NDEKTSV4RRFFQ69G5FAV --dry-run")]
    Remove {
        #[command(flatten)]
        which: WhichEvent,
    },
}

/// Which event is changed, and on what condition.
#[derive(Debug, Args)]
pub(crate) struct WhichEvent {
    /// Its id, from `events`
    pub(crate) id: String,
    /// The calendar that holds it, where several do
    #[arg(long, value_name = "NAME/CAL")]
    pub(crate) calendar: Option<String>,
    /// Only if this is still its etag
    #[arg(long)]
    pub(crate) etag: Option<String>,
    /// Although it has guests, and have its provider tell them
    #[arg(long)]
    pub(crate) notify_guests: bool,
    /// Show what would be done, and do nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
}

/// What an event says.
#[derive(Debug, Args)]
pub(crate) struct EventFlags {
    /// What it is called
    #[arg(long)]
    pub(crate) title: Option<String>,
    /// What it is about
    #[arg(long)]
    pub(crate) description: Option<String>,
    /// Where it is
    #[arg(long)]
    pub(crate) location: Option<String>,
    /// The address of a video meeting
    #[arg(long, value_name = "URL")]
    pub(crate) meeting: Option<String>,
    /// When it begins: a day, a local time, or RFC 3339
    #[arg(long, value_name = "T")]
    pub(crate) start: Option<String>,
    /// When it ends, which is not in it [default: an hour later, or a day]
    #[arg(long, value_name = "T")]
    pub(crate) end: Option<String>,
    /// The zone of local times [default: the home zone]
    #[arg(long)]
    pub(crate) zone: Option<String>,
    /// A rule of a series (RFC 5545)
    #[arg(long, value_name = "RRULE")]
    pub(crate) rule: Vec<String>,
    /// A start that is taken out of a series
    #[arg(long, value_name = "T")]
    pub(crate) exclude: Vec<String>,
    /// Whether it takes place
    #[arg(long)]
    pub(crate) status: Option<StatusWord>,
    /// How it fills the time
    #[arg(long)]
    pub(crate) busy: Option<BusyWord>,
    /// Who may see it
    #[arg(long)]
    pub(crate) privacy: Option<PrivacyWord>,
    /// A category
    #[arg(long)]
    pub(crate) category: Vec<String>,
}
