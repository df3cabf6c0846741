//! The file: opening, reopening, sharing, sealing, and what is in it.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use super::common::{Disk, commit, journal, load, plan, vault};
use kalends_core::plan::Plan;
use kalends_core::ports::{GraphStore as _, JobQueue as _, StoreError};
use kalends_core::slice::{ReadSet, Slice};
use kalends_sqlite::{Hooks, KeyVault, Settings, SqliteStore};
use kalends_testkit::block_on::block_on;
use kalends_testkit::contract::queue::job;
use kalends_testkit::contract::rows::{
    AT, GRAPH, OTHER, account_id, event, event_id, presence_row, set_up, whole_event,
};

fn events(n: u32) -> ReadSet {
    ReadSet { events: (0..n).map(event_id).collect(), ..ReadSet::default() }
}

fn count(store: &SqliteStore, n: u32) -> usize {
    found(&load(store, &events(n)))
}

fn found(slice: &Slice) -> usize {
    slice.events.values().flatten().count()
}

#[test]
fn what_was_committed_is_there_after_reopening() {
    let disk = Disk::new();
    let store = disk.open();
    commit(&store, &plan(whole_event(1)));
    journal(&store, &["[1]"]);
    let before = load(&store, &ReadSet::default());
    drop(store);
    let store = disk.open();
    let after = load(&store, &ReadSet { entries: [1].into(), ..events(2) });
    assert_eq!((after.version, after.head), (before.version, before.head));
    assert!(after.events[&event_id(1)].is_some());
    assert!(after.entries[&1].as_ref().is_some_and(|(_, payload)| payload.is_some()));
}

#[test]
fn only_the_owner_may_read_the_file() {
    let disk = Disk::new();
    drop(disk.open());
    let mode = std::fs::metadata(disk.path()).unwrap().permissions().mode();
    assert_eq!(mode & 0o077, 0);
}

#[test]
fn a_file_that_is_no_database_is_refused_and_kept() {
    let disk = Disk::new();
    let text = "no database, but someone's letter ".repeat(200);
    std::fs::write(disk.path(), &text).unwrap();
    let refused = SqliteStore::open(&disk.path(), vault());
    assert!(matches!(refused, Err(StoreError::Corrupt(_))), "{refused:?}");
    assert_eq!(std::fs::read_to_string(disk.path()).unwrap(), text);
}

#[test]
fn secrets_and_payloads_do_not_stand_in_the_file() {
    let disk = Disk::new();
    let store = disk.open();
    block_on(store.put_secret(GRAPH, account_id(1), b"correct horse")).unwrap();
    journal(&store, &["[\"battery staple\"]"]);
    assert_eq!(
        block_on(store.secret(GRAPH, account_id(1))).unwrap().as_deref(),
        Some(&b"correct horse"[..])
    );
    assert_eq!(block_on(store.secret(OTHER, account_id(1))), Ok(None));
    assert_eq!(block_on(store.secrets(GRAPH)), Ok(vec![account_id(1)]));
    assert_eq!(block_on(store.secrets(OTHER)), Ok(Vec::new()));
    drop(store);
    let bytes = std::fs::read(disk.path()).unwrap();
    for word in ["correct horse", "battery staple"] {
        assert!(!bytes.windows(word.len()).any(|window| window == word.as_bytes()), "{word}");
    }
    let store = disk.open();
    block_on(store.delete_secret(GRAPH, account_id(1))).unwrap();
    assert_eq!(block_on(store.secret(GRAPH, account_id(1))), Ok(None));
    assert_eq!(block_on(store.secrets(GRAPH)), Ok(Vec::new()));
}

#[test]
fn sealed_rows_do_not_open_with_another_key() {
    let disk = Disk::new();
    journal(&disk.open(), &["[1]"]);
    let other = Arc::new(KeyVault::new([2; 32], &[]));
    let store = SqliteStore::open(&disk.path(), other).unwrap();
    let read = block_on(store.load(GRAPH, &ReadSet { entries: [1].into(), ..ReadSet::default() }));
    assert!(matches!(read, Err(StoreError::Corrupt(_))), "{read:?}");
    let rotated = Arc::new(KeyVault::new([2; 32], &[[1; 32]]));
    let store = SqliteStore::open(&disk.path(), rotated).unwrap();
    let read = block_on(store.load(GRAPH, &ReadSet { entries: [1].into(), ..ReadSet::default() }));
    assert!(read.is_ok());
}

#[test]
fn two_stores_on_one_file_see_each_other_and_conflict() {
    let disk = Disk::new();
    let (one, two) = (disk.open(), disk.open());
    commit(&one, &plan(set_up()));
    let seen = load(&two, &ReadSet::default());
    assert_eq!(seen.config.accounts.len(), 1);
    commit(&one, &plan([event(1)]));
    let late = block_on(two.commit(GRAPH, seen.version, &plan([event(2)])));
    assert_eq!(late, Err(StoreError::Conflict));
    commit(&two, &plan([event(3)]));
    assert_eq!(count(&one, 4), 2);
}

#[test]
fn two_stores_on_one_file_write_at_once_and_lose_nothing() {
    let disk = Disk::new();
    let stores = [disk.open(), disk.open()];
    std::thread::scope(|scope| {
        for (start, store) in stores.iter().enumerate() {
            scope.spawn(move || {
                for n in (start as u32..60).step_by(2) {
                    loop {
                        let base = load(store, &ReadSet::default()).version;
                        match block_on(store.commit(GRAPH, base, &plan([event(n)]))) {
                            Ok(_) => break,
                            Err(StoreError::Conflict) => {}
                            Err(error) => panic!("{error}"),
                        }
                    }
                }
            });
        }
    });
    assert_eq!(count(&stores[0], 60), 60);
    assert_eq!(load(&stores[1], &ReadSet::default()).version.0, 60);
}

#[test]
fn a_job_is_claimed_by_one_of_two_stores() {
    let disk = Disk::new();
    let stores = [disk.open(), disk.open()];
    let jobs = (0..40).map(|n| job(n, n)).collect();
    commit(&stores[0], &Plan { jobs, ..Plan::default() });
    let claimed = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for store in &stores {
            scope.spawn(|| {
                loop {
                    let claims = block_on(store.claim(GRAPH, AT, 3, 60_000)).unwrap();
                    if claims.is_empty() {
                        return;
                    }
                    claimed.lock().unwrap().extend(claims.into_iter().map(|claim| claim.job.key));
                }
            });
        }
    });
    let mut claimed = claimed.into_inner().unwrap();
    assert_eq!(claimed.len(), 40);
    claimed.sort();
    claimed.dedup();
    assert_eq!(claimed.len(), 40);
}

#[test]
fn a_new_file_is_made_once_by_many_at_once() {
    let disk = Disk::new();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| disk.open());
        }
    });
    assert_eq!(block_on(disk.open().graphs(None, 10)), Ok(vec![GRAPH]));
}

#[test]
fn graphs_are_listed_in_pages() {
    let disk = Disk::new();
    let store = disk.open();
    block_on(store.create(OTHER)).unwrap();
    block_on(store.create(OTHER)).unwrap();
    assert_eq!(block_on(store.graphs(None, 1)), Ok(vec![GRAPH]));
    assert_eq!(block_on(store.graphs(Some(GRAPH), 9)), Ok(vec![OTHER]));
}

#[derive(Default)]
struct Counting {
    before: AtomicU64,
    after: AtomicU64,
}

impl Hooks for Counting {
    fn before_commit(&self, n: u64) {
        self.before.store(n, Ordering::SeqCst);
    }

    fn after_commit(&self, n: u64) {
        assert_eq!(self.before.load(Ordering::SeqCst), n);
        self.after.store(n, Ordering::SeqCst);
    }
}

#[test]
fn hooks_are_called_around_each_commit_that_is_made() {
    let disk = Disk::new();
    drop(disk.open());
    let hooks = Arc::new(Counting::default());
    let settings = Settings { hooks: Some(hooks.clone()), ..Settings::default() };
    let store = SqliteStore::open_with(&disk.path(), vault(), settings).unwrap();
    commit(&store, &plan([event(1)]));
    commit(&store, &plan([presence_row(1, 1)]));
    let old = block_on(store.commit(GRAPH, Default::default(), &plan([event(2)])));
    assert_eq!(old, Err(StoreError::Conflict));
    assert_eq!(hooks.before.load(Ordering::SeqCst), 2);
    assert_eq!(hooks.after.load(Ordering::SeqCst), 2);
}

#[test]
fn a_future_that_is_dropped_leaves_the_store_whole() {
    let disk = Disk::new();
    let store = disk.open();
    for n in 0..20 {
        drop(store.commit(GRAPH, kalends_core::slice::GraphVersion(n), &plan([event(n as u32)])));
    }
    let midway = load(&store, &events(20));
    assert_eq!(found(&midway) as u64, midway.version.0, "the commits go on while it is read");
    drop(store);
    let store = disk.open();
    assert_eq!((count(&store, 20), load(&store, &ReadSet::default()).version.0), (20, 20));
}

#[test]
fn futures_may_move_between_threads() {
    fn assert_send<T: Send>(_: &T) {}
    let disk = Disk::new();
    let store = disk.open();
    let (want, plan) = (ReadSet::default(), Plan::default());
    assert_send(&store.load(GRAPH, &want));
    assert_send(&store.commit(GRAPH, Default::default(), &plan));
    assert_send(&store.claim(GRAPH, AT, 1, 1));
    assert_send(&store.next_due(GRAPH));
}

#[test]
fn a_key_file_is_made_once_for_its_owner_only() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key");
    let vault = KeyVault::load_or_create(&path).unwrap();
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&path), 0o600);
    let text = std::fs::read_to_string(&path).unwrap();
    let sealed = kalends_core::ports::Vault::seal(&vault, "a", b"b").unwrap();
    for again in [KeyVault::load_or_create(&path).unwrap(), KeyVault::from_text(&text).unwrap()] {
        assert_eq!(
            kalends_core::ports::Vault::open(&again, "a", &sealed).as_deref(),
            Ok(&b"b"[..])
        );
        assert!(!again.needs_reseal(&sealed));
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    std::fs::set_permissions(&path, PermissionsExt::from_mode(0o644)).unwrap();
    assert!(KeyVault::load_or_create(&path).is_err());
}

#[test]
fn a_key_is_read_from_hex_and_from_base64() {
    let seal = |vault: &KeyVault| kalends_core::ports::Vault::seal(vault, "", b"x").unwrap();
    let plain = KeyVault::new([255; 32], &[]);
    let hex = KeyVault::from_text(&"ff".repeat(32)).unwrap();
    let base64 = KeyVault::from_text(&format!(" {}8= \n", "/".repeat(42))).unwrap();
    for vault in [hex, base64] {
        assert!(!vault.needs_reseal(&seal(&plain)));
    }
    let two = KeyVault::from_text(&format!("{}, {}", "00".repeat(32), "ff".repeat(32))).unwrap();
    assert!(two.needs_reseal(&seal(&plain)));
    assert!(kalends_core::ports::Vault::open(&two, "", &seal(&plain)).is_ok());
    for bad in ["", "ff", &"fg".repeat(32), &"ff".repeat(33)] {
        assert!(KeyVault::from_text(bad).is_err(), "{bad}");
    }
}

/// Catches a process that goes on without the key that another one sealed with, and one that cannot
/// open what was sealed before the key was changed.
#[test]
fn a_key_that_comes_into_the_file_is_used_without_a_new_start() {
    use kalends_core::ports::Vault as _;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key");
    let running = KeyVault::load_or_create(&path).unwrap();
    let before = running.seal("a", b"b").unwrap();
    kalends_sqlite::add_key(&path).unwrap();
    let mode = std::fs::metadata(&path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode, std::fs::read_dir(folder.path()).unwrap().count()), (0o600, 1));
    let another = KeyVault::load_or_create(&path).unwrap();
    let after = another.seal("a", b"b").unwrap();
    assert!(another.needs_reseal(&before) && !another.needs_reseal(&after));
    for vault in [&running, &another] {
        assert_eq!(vault.open("a", &before).as_deref(), Ok(&b"b"[..]));
        assert_eq!(vault.open("a", &after).as_deref(), Ok(&b"b"[..]));
    }
    assert!(!another.needs_reseal(&running.seal("a", b"b").unwrap()), "it seals with the new one");
    kalends_sqlite::keep_newest_key(&path).unwrap();
    let later = KeyVault::load_or_create(&path).unwrap();
    assert!(later.open("a", &before).is_err() && later.open("a", &after).is_ok());
}

/// Catches a log that grows on though it is to be copied soon, and a commit that waits long for it.
#[test]
fn a_log_is_copied_as_soon_as_it_is_asked_for() {
    let log = |pages: Option<u32>| {
        let disk = Disk::new();
        let store = disk.open();
        if let Some(pages) = pages {
            block_on(store.copy_log_after(pages)).unwrap();
        }
        (0..40).for_each(|n| commit(&store, &plan(whole_event(n))));
        let mut path = disk.path().into_os_string();
        path.push("-wal");
        std::fs::metadata(path).unwrap().len()
    };
    assert!(log(Some(20)) * 4 < log(None), "{} {}", log(Some(20)), log(None));
}
