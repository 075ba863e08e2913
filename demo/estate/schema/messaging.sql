-- Every service's outbox and inbox. Idempotent.
create table if not exists outbox (
  seq bigint generated always as identity primary key,
  message_id uuid not null,
  topic text not null,
  key text not null,
  type text not null,
  headers jsonb not null,
  payload jsonb not null,
  created_at timestamptz not null default now(),
  sent_at timestamptz
);
create index if not exists outbox_waiting on outbox (seq) where sent_at is null;

create table if not exists processed_message (message_id text primary key, at timestamptz not null default now());

-- Who owns which items: the newest row holds. One epoch a change of the write share.
create table if not exists ownership_epoch (
  epoch bigint primary key,
  write_share double precision not null,
  at timestamptz not null default now()
);
