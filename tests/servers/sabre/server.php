<?php

// A SabreDAV calendar server for `php -S`: Basic sign-in, calendars in one SQLite file.
//
// KALENDS_SABRE_DB     the SQLite file; made with its tables at the first request
// KALENDS_SABRE_USERS  "name:password" pairs, separated by commas

// SabreDAV 1.8 is older than PHP 8: its deprecation notices would end up in the answers.
error_reporting(E_ALL & ~E_DEPRECATED & ~E_NOTICE & ~E_WARNING);
ini_set('display_errors', '0');
date_default_timezone_set('UTC');

require_once 'Sabre/autoload.php';

final class ListedUsers extends \Sabre\DAV\Auth\Backend\AbstractBasic
{
    private array $passwords;

    public function __construct(array $passwords)
    {
        $this->passwords = $passwords;
    }

    protected function validateUserPass($username, $password)
    {
        return isset($this->passwords[$username])
            && hash_equals($this->passwords[$username], (string) $password);
    }
}

function listed_passwords(string $list): array
{
    $passwords = [];
    foreach (explode(',', $list) as $pair) {
        [$name, $password] = explode(':', $pair, 2);
        $passwords[$name] = $password;
    }
    return $passwords;
}

function open_database(string $file, array $names): \PDO
{
    $db = new \PDO('sqlite:' . $file);
    $db->setAttribute(\PDO::ATTR_ERRMODE, \PDO::ERRMODE_EXCEPTION);
    $db->exec('PRAGMA busy_timeout = 5000; PRAGMA synchronous = OFF');
    $made = $db->query("SELECT count(*) FROM sqlite_master WHERE name = 'principals'");
    if ((int) $made->fetchColumn() === 0) {
        make_tables($db, $names);
    }
    return $db;
}

function make_tables(\PDO $db, array $names): void
{
    // One transaction, so that a second request never meets half of it.
    $db->exec('BEGIN IMMEDIATE');
    $db->exec('CREATE TABLE IF NOT EXISTS calendars (
        id integer primary key, principaluri text, uri text, displayname text, ctag integer,
        description text, calendarorder integer, calendarcolor text, timezone text,
        components text, transparent bool)');
    $db->exec('CREATE TABLE IF NOT EXISTS calendarobjects (
        id integer primary key, calendarid integer, uri text, calendardata blob,
        lastmodified integer, etag text, size integer, componenttype text,
        firstoccurence integer, lastoccurence integer)');
    $db->exec('CREATE TABLE IF NOT EXISTS principals (
        id integer primary key, uri text unique, email text, displayname text, vcardurl text)');
    $db->exec('CREATE TABLE IF NOT EXISTS groupmembers (
        id integer primary key, principal_id integer, member_id integer,
        unique (principal_id, member_id))');
    $add = $db->prepare(
        'INSERT OR IGNORE INTO principals (uri, email, displayname) VALUES (?, ?, ?)'
    );
    foreach ($names as $name) {
        $add->execute(["principals/$name", "$name@example.org", $name]);
        $add->execute(["principals/$name/calendar-proxy-read", null, null]);
        $add->execute(["principals/$name/calendar-proxy-write", null, null]);
    }
    $db->exec('COMMIT');
}

$passwords = listed_passwords((string) getenv('KALENDS_SABRE_USERS'));
$db = open_database((string) getenv('KALENDS_SABRE_DB'), array_keys($passwords));
$principals = new \Sabre\DAVACL\PrincipalBackend\PDO($db);
$calendars = new \Sabre\CalDAV\Backend\PDO($db);

$server = new \Sabre\DAV\Server([
    new \Sabre\CalDAV\Principal\Collection($principals),
    new \Sabre\CalDAV\CalendarRootNode($principals, $calendars),
]);
$server->setBaseUri('/');
$server->addPlugin(new \Sabre\DAV\Auth\Plugin(new ListedUsers($passwords), 'SabreDAV'));
$server->addPlugin(new \Sabre\DAVACL\Plugin());
$server->addPlugin(new \Sabre\CalDAV\Plugin());
$server->exec();
