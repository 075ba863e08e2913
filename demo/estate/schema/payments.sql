create table if not exists payments (order_id uuid primary key, amount numeric(12,2) not null, state text not null, at timestamptz not null default now());
