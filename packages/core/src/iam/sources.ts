// Where a statement's reason comes from; printed beside it, so that a reviewer can look it up.
export const sources = {
  mskActions:
    'Amazon MSK Developer Guide, "Semantics of IAM authorization policy actions and resources" (https://docs.aws.amazon.com/msk/latest/developerguide/kafka-actions.html)',
  sparkKafkaGroups:
    'Spark Structured Streaming + Kafka Integration Guide, groupIdPrefix; Spark 3.5.7, KafkaSourceProvider',
  icebergGlue: 'Apache Iceberg, AWS module: Glue catalog, optimistic locking',
  glueArns:
    'AWS Glue Developer Guide, "Specifying AWS Glue resource ARNs" (https://docs.aws.amazon.com/glue/latest/dg/glue-specifying-resource-arns.html)',
  s3Actions:
    'Service Authorization Reference, Amazon S3 (https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html)',
  s3Head:
    'Amazon S3 API Reference, HeadObject, Permissions (https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html)',
  athena:
    'Amazon Athena User Guide, "Identity and access management in Athena" (https://docs.aws.amazon.com/athena/latest/ug/security-iam-athena.html)',
  s3Kms:
    'Amazon S3 User Guide, "Using server-side encryption with AWS KMS keys" (https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html)',
  iamQuotas:
    'IAM User Guide, "IAM and AWS STS quotas" (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html)',
} as const
