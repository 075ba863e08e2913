-- What is open is looked for at each commit of continuous verification, and is little beside what was resolved.
CREATE INDEX "divergence_open_idx" ON "divergence"("context", "table", "key") WHERE "resolved_at" IS NULL;
