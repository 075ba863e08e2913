-- Public halves of the keys that sign certificates; the private ones are kept by the workers alone.
CREATE TABLE "signing_key" (
    "key_id" TEXT NOT NULL,
    "algorithm" TEXT NOT NULL,
    "public_key" TEXT NOT NULL,
    "published_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "signing_key_pkey" PRIMARY KEY ("key_id")
);

CREATE TABLE "certificate" (
    "id" TEXT NOT NULL,
    "context" TEXT NOT NULL,
    "issued_at" TIMESTAMPTZ(3) NOT NULL,
    "key_id" TEXT NOT NULL,
    "runs" TEXT[] NOT NULL,
    "envelope" TEXT NOT NULL,

    CONSTRAINT "certificate_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "certificate_key_id_fkey" FOREIGN KEY ("key_id") REFERENCES "signing_key"("key_id") ON DELETE RESTRICT ON UPDATE CASCADE
);
CREATE INDEX "certificate_context_issued_at_idx" ON "certificate"("context", "issued_at");

-- The newest look at whether a certificate can be issued, and what stands against it.
CREATE TABLE "certificate_look" (
    "context" TEXT NOT NULL,
    "looked_at" TIMESTAMPTZ(3) NOT NULL,
    "refusals" JSONB NOT NULL,

    CONSTRAINT "certificate_look_pkey" PRIMARY KEY ("context")
);

-- What was published stays as it is.
CREATE FUNCTION "refuse_change"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'rows of % are never changed', TG_TABLE_NAME;
END $$;
CREATE TRIGGER "certificate_is_immutable" BEFORE UPDATE OR DELETE OR TRUNCATE ON "certificate"
  FOR EACH STATEMENT EXECUTE FUNCTION "refuse_change"();
CREATE TRIGGER "signing_key_is_immutable" BEFORE UPDATE OR DELETE OR TRUNCATE ON "signing_key"
  FOR EACH STATEMENT EXECUTE FUNCTION "refuse_change"();
