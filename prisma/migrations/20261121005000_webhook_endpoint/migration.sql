-- AlterTable
ALTER TABLE "webhook_endpoint" ADD COLUMN "config_digest" TEXT;
