use super::support::*;

#[test]
fn a_person_has_so_many_requests_a_minute() {
    let mut desk = desk();
    desk.sim.profile_mut().quota.user_minute = 3;
    let mut statuses = Vec::new();
    for _ in 0..4 {
        statuses.push(desk.get(EVENTS).0);
    }
    assert_eq!(statuses, [200, 200, 200, 403]);
    let (_, body) = desk.get(EVENTS);
    assert_eq!(reason(&body), "userRateLimitExceeded");
    desk.now += 60_000;
    assert_eq!(desk.get(EVENTS).0, 200, "the minute slides");
}

#[test]
fn a_project_has_so_many_for_all_its_people() {
    let mut desk = desk();
    desk.sim.profile_mut().quota.project_minute = 2;
    desk.sim.profile_mut().quota.status = 429;
    let ann = desk.token.clone();
    let bob = desk.sim.grant(BOB, "client", &[], NOW).access;
    let mut get = |token: &String| {
        desk.token = token.clone();
        desk.get(EVENTS)
    };
    assert_eq!((get(&ann).0, get(&bob).0), (200, 200));
    let (status, body) = get(&bob);
    assert_eq!((status, reason(&body)), (429, "rateLimitExceeded"));
}
