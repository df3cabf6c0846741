//! Why a sync has not come to its end, where no provider failed in it.

use kalends::core::graph::Account;
use kalends::core::ports::{Clock as _, GraphStore as _, JobQueue as _};
use kalends::core::slice::{ReadSet, Slice};
use kalends::core::time::Timestamp;
use kalends_tokio::SystemClock;

use crate::data::Data;
use crate::error::CliError;

/// What is waited for, a line each: another process, the rest that a provider needs, or the time at which
/// the next write is tried.
pub(crate) async fn why(data: &Data) -> Result<Vec<String>, CliError> {
    let config = data.config().await?;
    let mut want = ReadSet::default();
    want.health.extend(config.accounts.keys());
    let slice = data.store.load(data.keys.graph, &want).await?;
    let now = SystemClock.now();
    let mut why: Vec<String> =
        config.accounts.values().filter_map(|account| rests(&slice, account, now)).collect();
    if data.others_work()? {
        why.push(
            "another process works on this folder (serve, watch or a sync): what it has under way is \
             not done yet"
                .to_owned(),
        );
    } else if let (true, Some((at, _))) =
        (why.is_empty(), data.store.next_due(data.keys.graph).await?)
    {
        why.push(format!("what is left is tried at {at}: sync again then"));
    }
    Ok(why.into_iter().map(|text| format!("not settled: {text}")).collect())
}

fn rests(slice: &Slice, account: &Account, now: Timestamp) -> Option<String> {
    let health = slice.health.get(&account.id).cloned().flatten()?;
    let name = &account.name;
    if health.needs_sign_in {
        return Some(format!("{name} needs a new sign-in"));
    }
    if let Some(failing) = &health.failing {
        return Some(format!("{name} fails ({}), again at {}", failing.code, failing.retry_at));
    }
    let until = health.throttled_until.max(health.read_only_until).filter(|until| *until > now);
    until.map(|until| format!("{name} rests until {until}, as its provider asked"))
}
