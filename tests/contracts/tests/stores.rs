//! The contract of stores, queues and scratch paper, on each of them.

use kalends_testkit::{
    outbox_contract, queue_contract, scratch_contract, store_contract, vault_contract,
};

store_contract!(memory, ready::<kalends_contracts::Memory>());
store_contract!(hostile, ready::<kalends_contracts::HostileMemory>());
store_contract!(sqlite_file, ready::<kalends_contracts::SqliteFile>());
store_contract!(sqlite_memory, ready::<kalends_contracts::SqliteMemory>());

queue_contract!(memory_queue, ready::<kalends_contracts::Memory>());
queue_contract!(hostile_queue, ready::<kalends_contracts::HostileMemory>());
queue_contract!(sqlite_file_queue, ready::<kalends_contracts::SqliteFile>());
queue_contract!(sqlite_memory_queue, ready::<kalends_contracts::SqliteMemory>());

outbox_contract!(memory_outbox, ready::<kalends_contracts::Memory>());
outbox_contract!(hostile_outbox, ready::<kalends_contracts::HostileMemory>());
outbox_contract!(sqlite_file_outbox, ready::<kalends_contracts::SqliteFile>());
outbox_contract!(sqlite_memory_outbox, ready::<kalends_contracts::SqliteMemory>());

scratch_contract!(memory_scratch, ready::<kalends_contracts::Memory>());
scratch_contract!(hostile_scratch, ready::<kalends_contracts::HostileMemory>());
scratch_contract!(sqlite_file_scratch, ready::<kalends_contracts::SqliteFile>());
scratch_contract!(sqlite_memory_scratch, ready::<kalends_contracts::SqliteMemory>());

vault_contract!(key_vault, kalends_contracts::vault());

fn ready<S: kalends_testkit::contract::Subject + Default>() -> S {
    S::default().ready()
}
