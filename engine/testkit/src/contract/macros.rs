//! One test for each case, and the lists of cases.

/// Makes a module of tests that hold a store to the contract. `$subject` is evaluated for each
/// test and gives a fresh [`Subject`](crate::contract::Subject).
#[macro_export]
macro_rules! store_contract {
    ($module:ident, $subject:expr) => {
        mod $module {
            #[allow(unused_imports, reason = "a subject may be named by its full path")]
            use super::*;

            $crate::store_cases!(contract_tests, $subject);
        }
    };
}

/// As [`store_contract!`](crate::store_contract), for the queue.
#[macro_export]
macro_rules! queue_contract {
    ($module:ident, $subject:expr) => {
        mod $module {
            #[allow(unused_imports, reason = "a subject may be named by its full path")]
            use super::*;

            $crate::queue_cases!(contract_tests, $subject);
        }
    };
}

/// As [`store_contract!`](crate::store_contract), for the outbox and the rows of meetings.
#[macro_export]
macro_rules! outbox_contract {
    ($module:ident, $subject:expr) => {
        mod $module {
            #[allow(unused_imports, reason = "a subject may be named by its full path")]
            use super::*;

            $crate::outbox_cases!(contract_tests, $subject);
        }
    };
}

/// As [`store_contract!`](crate::store_contract), for what is put down for a while.
#[macro_export]
macro_rules! scratch_contract {
    ($module:ident, $subject:expr) => {
        mod $module {
            #[allow(unused_imports, reason = "a subject may be named by its full path")]
            use super::*;

            $crate::scratch_cases!(contract_tests, $subject);
        }
    };
}

/// Makes a module of tests that hold a vault to the contract; `$vault` is evaluated for each.
#[macro_export]
macro_rules! vault_contract {
    ($module:ident, $vault:expr) => {
        mod $module {
            #[allow(unused_imports, reason = "a subject may be named by its full path")]
            use super::*;

            $crate::vault_cases!(contract_tests, $vault);
        }
    };
}

/// Makes a module of tests that hold a provider to the contract; `$subject` is evaluated for each
/// and gives a fresh [`Talks`](crate::contract::provider::Talks).
#[macro_export]
macro_rules! provider_contract {
    ($module:ident, $subject:expr) => {
        mod $module {
            #[allow(unused_imports, reason = "a subject may be named by its full path")]
            use super::*;

            $crate::provider_cases!(contract_tests, $subject);
        }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! store_cases {
    ($each:ident, $with:expr) => {
        $crate::$each! {
            store, $with =>
            a_new_graph_is_empty,
            a_graph_that_was_not_made_is_refused,
            an_event_comes_with_all_that_is_recorded_of_it,
            the_set_up_always_comes_along,
            operational_rows_read_back,
            objects_come_with_what_is_set_aside,
            a_row_put_again_is_replaced,
            a_deleted_row_is_absent,
            a_commit_on_an_old_version_changes_nothing,
            a_failed_commit_leaves_nothing,
            a_gap_in_the_journal_is_refused,
            the_journal_reads_back,
            two_graphs_in_one_store_stay_apart,
            a_large_plan_is_taken_whole,
            a_row_of_one_and_a_half_megabytes_reads_back,
        }
        $crate::$each! {
            pages, $with =>
            pages_of_a_calendar_follow_each_other,
            pages_of_an_edge_follow_each_other,
            pages_of_what_is_set_aside_give_names,
            ranges_are_sorted_by_bytes,
            evidence_is_found_wherever_it_is,
            calendars_with_evidence_are_known_at_once,
            a_page_of_evidence_holds_two_hundred_events,
        }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! queue_cases {
    ($each:ident, $with:expr) => {
        $crate::$each! {
            queue, $with =>
            a_job_waits_for_its_time,
            every_kind_of_job_reads_back,
            one_job_of_a_lane_runs_at_a_time,
            a_job_that_is_not_due_holds_nobody_up,
            a_finished_job_is_gone_or_due_again,
            a_job_queued_twice_keeps_the_earlier_time,
            a_job_queued_while_claimed_stays_queued,
            a_worker_that_lost_its_lease_settles_nothing,
            a_claim_of_a_former_job_settles_nothing,
            looking_at_the_queue_leases_nothing,
            two_queues_in_one_store_stay_apart,
        }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! outbox_cases {
    ($each:ident, $with:expr) => {
        $crate::$each! {
            outbox, $with =>
            messages_wait_in_pages,
            a_message_posted_twice_is_one,
            a_sent_message_is_gone,
            a_refused_commit_posts_nothing,
            two_outboxes_in_one_store_stay_apart,
            an_outbox_of_no_graph_is_refused,
            meetings_and_what_was_taken_in_read_back,
        }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! scratch_cases {
    ($each:ident, $with:expr) => {
        $crate::$each! {
            scratch, $with =>
            a_piece_is_picked_up_as_it_was_put_down,
            a_pad_is_thrown_away_alone,
            what_a_dead_process_left_is_thrown_away_later,
            a_piece_changes_no_version,
        }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! vault_cases {
    ($each:ident, $with:expr) => {
        $crate::$each! {
            vault, $with =>
            what_was_sealed_opens,
            it_opens_nowhere_else,
            a_changed_byte_is_noticed,
            the_same_text_is_sealed_differently,
        }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! provider_cases {
    ($each:ident, $with:expr) => {
        $crate::$each! {
            provider, $with =>
            a_discovery_finds_the_same_each_time,
            nothing_is_new_right_after_a_listing,
            a_token_that_was_never_given_loses_nothing,
            what_is_listed_can_be_read_alone,
            what_is_not_there_is_gone,
            writes_hold_by_version,
        }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! contract_tests {
    ($suite:ident, $subject:expr => $($case:ident,)*) => {$(
        #[test]
        fn $case() {
            $crate::contract::$suite::$case(&$subject);
        }
    )*};
}

/// Hands each case to a function, with its name.
#[doc(hidden)]
#[macro_export]
macro_rules! contract_calls {
    ($suite:ident, $take:expr => $($case:ident,)*) => {$(
        $take(concat!(stringify!($suite), "::", stringify!($case)), $crate::contract::$suite::$case);
    )*};
}
