//! The graph's keys and the sealing key, in secure storage.

use kalends_core::ids::GraphId;
use kalends_core::keys::GraphKeys;
use kalends_core::ports::{Clock as _, Entropy as _};
use kalends_sqlite::{KeyVault, OsEntropy, SqliteStore};

use crate::clock::SteadyClock;
use crate::error::MobileError;
use crate::platform::SecureStorage;

const SEAL: &str = "kalends.seal";
const GRAPH: &str = "kalends.graph";
const ID_BYTES: usize = 16;

/// The vault of what is sealed in the store; its key is made at the first start, and never for a
/// file that is there already: what is sealed in it would be lost.
pub(crate) fn vault(storage: &dyn SecureStorage, is_new: bool) -> Result<KeyVault, MobileError> {
    if let Some(kept) = storage.get(SEAL)? {
        let key: [u8; 32] = kept.try_into().map_err(|_| MobileError::KeysLost)?;
        return Ok(KeyVault::new(key, &[]));
    }
    if !is_new {
        return Err(MobileError::KeysLost);
    }
    let key = random()?;
    storage.put(SEAL, &key)?;
    Ok(KeyVault::new(key, &[]))
}

/// The keys of the store's graph. Where the store has none: those given, those kept, or new ones.
pub(crate) fn graph(
    storage: &dyn SecureStorage,
    store: &SqliteStore,
    clock: &SteadyClock,
    given: Option<&GraphKeys>,
) -> Result<GraphKeys, MobileError> {
    let there = pollster::block_on(store.graphs(None, 1))?.first().copied();
    if let Some(given) = given {
        let kept = storage.get(GRAPH)?.as_deref().and_then(read);
        let known = there.or(kept.map(|keys| keys.graph));
        if known.is_some_and(|graph| graph != given.graph) {
            return Err(MobileError::AnotherGraph);
        }
        keep(storage, given)?;
    }
    let kept = storage.get(GRAPH)?.map(|bytes| read(&bytes).ok_or(MobileError::KeysLost));
    match (there, kept.transpose()?) {
        (Some(graph), Some(keys)) if keys.graph == graph => Ok(keys),
        (Some(_), _) => Err(MobileError::KeysLost),
        // The file was lost: the same graph again finds its mirrors without a write.
        (None, Some(keys)) => make(store, keys),
        (None, None) => {
            let id = GraphId::draw(&OsEntropy.seed(), clock.now(), 0);
            let keys = GraphKeys { graph: id, secret: random()? };
            keep(storage, &keys)?;
            make(store, keys)
        }
    }
}

fn keep(storage: &dyn SecureStorage, keys: &GraphKeys) -> Result<(), MobileError> {
    Ok(storage.put(GRAPH, &[keys.graph.as_bytes().as_slice(), &keys.secret].concat())?)
}

fn make(store: &SqliteStore, keys: GraphKeys) -> Result<GraphKeys, MobileError> {
    pollster::block_on(store.create(keys.graph))?;
    Ok(keys)
}

fn read(bytes: &[u8]) -> Option<GraphKeys> {
    let (id, secret) = bytes.split_at_checked(ID_BYTES)?;
    let graph = GraphId::from_bytes(id.try_into().ok()?);
    Some(GraphKeys { graph, secret: secret.try_into().ok()? })
}

fn random() -> Result<[u8; 32], MobileError> {
    let mut key = [0; 32];
    getrandom::fill(&mut key).map_err(|_| MobileError::NoRandomness)?;
    Ok(key)
}
